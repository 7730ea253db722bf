"""Our addresses, and two floors: a bare page (session, user, token, 25 rows of plain text in our own frame) and a
bare form (session, user, token, one row written and committed)."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template import engines
from django.urls import path
from django.views.decorators.http import require_POST

from victimcare.accounts.access import anyone_signed_in
from victimcare.urls import handler400, handler403, handler404, handler500, urlpatterns

BARE = engines["django"].from_string(
    '{% extends "base.html" %}{% block heading %}Bare{% endblock %}{% block content %}'
    "<form>{% csrf_token %}</form><table>{% for row in rows %}<tr><td>{{ row.0 }}</td><td>{{ row.1 }}</td></tr>"
    "{% endfor %}</table>{% endblock %}"
)


@anyone_signed_in
def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse(BARE.render({"rows": [(n, f"row {n}") for n in range(25)]}, request))


@anyone_signed_in
@require_POST
def bare_post(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_notification (recipient_id, kind, subject, level, url, created_at, read_at)"
            " VALUES (%s, 'bench', %s, 'news', '', now(), now())",
            [request.user.pk, request.POST["subject"][:40]],
        )
    return HttpResponseRedirect("/")


urlpatterns = [
    path("bare/", bare, name="bare"),
    path("bare-post/", bare_post, name="bare-post"),
    *urlpatterns,
]
__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

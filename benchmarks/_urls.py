"""Our addresses, and one bare page: session, user, a token and 25 rows of plain text in our own frame."""

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

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


urlpatterns = [path("bare/", bare, name="bare"), *urlpatterns]
__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

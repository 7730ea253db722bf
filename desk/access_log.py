"""The auditor's page: who looked at what. Reading it is a look, and is written down."""

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from desk.case import role_names
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.govuk.dates import moment
from victimcare.govuk.forms import DateInputField, Form, TextField
from victimcare.http import Request, moment_from
from victimcare.working_days import LONDON

PAGE = 50


class AccessFilter(Form):
    """Which looks: by whom, at which case, on which day."""

    mark_optional = False
    who = TextField(
        label=lazy("Who looked"), hint=lazy("Name, username or reference"), max_length=80, required=False
    )
    case = TextField(label=lazy("Case"), hint=lazy("Like VC-7K2M9QWD"), max_length=20, required=False)
    on = DateInputField(label=lazy("On the day"), required=False)


@allow(Permission.VIEW_ACCESS_LOG)
def log(request: Request) -> HttpResponse:
    """Looks, newest first, a page at a time."""
    form = AccessFilter(request.GET or None)
    asked = form.cleaned_data if form.is_valid() else {}
    rows = _asked_for(asked)
    at, pk = _cursor(request.GET.get("before", ""))
    if at:
        rows = rows.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk))
    found = list(rows.order_by("-at", "-pk")[: PAGE + 1])
    record_access(
        by=request.user,
        op=AccessEntry.Op.CONSULT,
        case=asked.get("case") or "",
        field_group="access log",
        path=request.path,
    )
    context = {
        "form": form,
        "rows": [_in_words(look) for look in found[:PAGE]],
        "columns": [_("When"), _("Who"), _("What"), _("Whose"), _("Why, and where")],
        "older_url": _older(request, found) if len(found) > PAGE else "",
    }
    return render(request, "desk/access_log.html", context)


def _asked_for(asked: dict[str, Any]) -> QuerySet[AccessEntry]:
    rows = AccessEntry.objects.all()
    if asked.get("who"):
        who = asked["who"]
        users = User.objects.filter(
            Q(reference__iexact=who) | Q(username__iexact=who) | Q(display_name__icontains=who)
        ).values_list("reference", flat=True)[:50]
        rows = rows.filter(actor__in=list(users))
    if asked.get("case"):
        rows = rows.filter(case=asked["case"].upper())
    if asked.get("on"):
        start, end = _london_midnight(asked["on"]), _london_midnight(asked["on"] + timedelta(days=1))
        rows = rows.filter(at__gte=start, at__lt=end)
    return rows


def _london_midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), LONDON)


def _in_words(look: AccessEntry) -> list[Any]:
    denied = look.outcome == AccessEntry.Outcome.DENIED
    whose = ", ".join(part for part in (look.case, look.subject) if part)
    return [
        moment(look.at),
        {"text": look.actor_name, "note": role_names(look.actor_roles)},
        {
            "text": look.get_op_display(),
            "note": look.field_group,
            **({"tag": look.get_outcome_display(), "colour": "red"} if denied else {}),
        },
        {"text": whose or (_("A list of %(n)d") % {"n": len(look.subjects)} if look.subjects else "–")},
        {"text": look.justification, "note": look.path},
    ]


def _older(request: Request, found: list[AccessEntry]) -> str:
    last = found[PAGE - 1]
    asked = request.GET.copy()
    asked["before"] = f"{last.at.isoformat()}~{last.pk}"
    return "?" + urlencode(sorted(asked.items()))


def _cursor(typed: str) -> tuple[datetime | None, int]:
    """Where a page starts, from its address; nothing for anything else."""
    at, _tilde, pk = typed.partition("~")
    found = moment_from(at)
    if found is None or not (pk.isascii() and pk.isdigit() and len(pk) < 18):
        return None, 0
    return found, int(pk)

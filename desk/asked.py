"""Questions to the officer in the case, as they fall on somebody's day: to answer, or to chase."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.models import Question
from victimcare.cases.question_views import about, addressee, as_work
from victimcare.govuk.dates import day

AT_MOST = 50
ABOUT = ("participant__person__safe_contact", "participant__case", "participant__officer", "case", "asked_by")


def questions_due(
    user: User, whose: Sequence[int], until: date | None, *, is_team: bool = False
) -> list[Question]:
    """To an officer in the case, what is asked of them; to the unit, what these people asked and must chase.

    `until` leaves out, for the unit, what is not late yet by that day: an answer that is in time is no work. One
    query.
    """
    if user.may(Permission.SEE_OWN_QUESTIONS):
        return list(Question.objects.asked_of(user).open().select_related(*ABOUT)[:AT_MOST])
    if not user.may(Permission.ASK_OFFICER):
        return []
    rows = (
        Question.objects.visible_to(user)
        .late_on(clock.today())
        .filter(_falls_to(user, whose, is_team=is_team))
    )
    return list(rows.select_related(*ABOUT).order_by("due_on", "pk")[:AT_MOST])


def _falls_to(user: User, whose: Sequence[int], *, is_team: bool) -> Q:
    """Whoever asked chases the answer; a supervisor, among their own work, the whole team's."""
    mine = Q(asked_by__in=whose)
    if user.has_role(Role.SUPERVISOR) and not is_team:
        mine |= Q(asked_by__team=user.team_id) if user.team_id else Q()
    return mine


def as_row(question: Question, user: User) -> dict[str, Any]:
    """One question, for `work_row`: to answer, or to chase."""
    asked = {
        "text": _("Asked on %(day)s by %(who)s.") % {"day": day(question.asked_at), "who": question.asked_by}
    }
    allowed = {
        "text": _("The working days allowed are our own number, and end on %s.") % day(question.due_on)
    }
    said = as_work(question) if user.may(Permission.SEE_OWN_QUESTIONS) else _late(question)
    return said | {"explain": [asked, allowed]}


def _late(question: Question) -> dict[str, Any]:
    who = about(question)
    url = reverse("cases:answer", args=[question.reference])
    return {
        "what": _("Chase the answer about %(who)s: %(what)s")
        % {"who": who, "what": str(question.get_kind_display()).lower()},
        "who": who,
        "url": url,
        "due_on": question.due_on,
        "why": _("Asked of %(officer)s by %(who)s.")
        % {"officer": addressee(question), "who": question.asked_by},
        "button": {"label": _("Open"), "url": url, "is_primary": False},
    }

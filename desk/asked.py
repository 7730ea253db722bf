"""Questions to the officer in the case, as they fall on somebody's day: to answer, or to chase."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.models import Question
from victimcare.cases.question_views import about, addressee, as_work
from victimcare.cases.questions import reaching_nobody
from victimcare.govuk.dates import day

AT_MOST = 50
ABOUT = ("participant__person__safe_contact", "participant__case", "participant__officer", "case", "asked_by")


def questions_due(
    user: User, whose: Sequence[int], until: date | None, *, is_team: bool = False
) -> list[Question]:
    """To an officer in the case, what is asked of them; to the unit, what these people asked and must chase.

    An answer that is in time is no work, unless the question reaches nobody: a supervisor passes it on at once. One
    query.
    """
    if user.may(Permission.SEE_OWN_QUESTIONS):
        return list(Question.objects.asked_of(user).open().select_related(*ABOUT)[:AT_MOST])
    if not user.may(Permission.ASK_OFFICER):
        return []
    seen = Question.objects.visible_to(user).filter(_falls_to(user, whose, is_team=is_team))
    owed = seen.late_on(clock.today())
    if user.has_role(Role.SUPERVISOR) and not is_team:
        this = Question.objects.filter(pk=OuterRef("pk"))
        open_ones = seen.open().annotate(is_unreached=Exists(reaching_nobody(this)))
        owed = open_ones.filter(Q(due_on__lt=clock.today()) | Q(is_unreached=True))
    return list(owed.select_related(*ABOUT).order_by("due_on", "pk")[:AT_MOST])


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
    """To be chased; or, in time and of one that reaches nobody, to be passed on."""
    who = about(question)
    url = reverse("cases:answer", args=[question.reference])
    is_unreached = getattr(question, "is_unreached", False)
    what = (
        _("Pass on the question about %(who)s: %(what)s")
        if is_unreached and question.due_on >= clock.today()
        else _("Chase the answer about %(who)s: %(what)s")
    )
    return {
        "what": what % {"who": who, "what": str(question.get_kind_display()).lower()},
        "who": who,
        "url": url,
        "due_on": question.due_on,
        "why": _("Asked of %(officer)s by %(who)s.")
        % {"officer": addressee(question), "who": question.asked_by}
        + (" " + _("Nobody there signs in here: ring or write to them.") if is_unreached else ""),
        "button": {"label": _("Open"), "url": url, "is_primary": False},
    }

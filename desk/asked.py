"""Questions to the officer in the case, as they fall on somebody's day: to answer, or late in coming."""

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from desk.worklist import covered_by
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.models import Participant, Question
from victimcare.cases.question_views import about, addressee, as_work, people_of

AT_MOST = 25
ABOUT = ("participant__person", "participant__case", "case", "asked_by")


def questions_today(user: User) -> tuple[list[dict[str, Any]], list[Participant]]:
    """To an officer in the case, what is asked of them; to the unit, what is late. One query or two."""
    if user.may(Permission.SEE_OWN_QUESTIONS):
        rows = list(Question.objects.asked_of(user).open().select_related(*ABOUT)[:AT_MOST])
        return [as_work(question) for question in rows], people_of(rows)
    if not user.may(Permission.ASK_OFFICER):
        return [], []
    late = Question.objects.visible_to(user).late_on(clock.today()).filter(_falls_to(user))
    rows = list(late.select_related(*ABOUT)[:AT_MOST])
    return [_late(question) for question in rows], people_of(rows)


def _falls_to(user: User) -> Q:
    """Whoever asked chases the answer; a supervisor the whole team's."""
    mine = Q(asked_by__in=[user.pk, *covered_by(user)])
    if user.has_role(Role.SUPERVISOR):
        mine |= Q(asked_by__team=user.team_id) if user.team_id else Q()
    return mine


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

"""What officers in the case gave to the unit: asked to do, not done, or not answered; on top of somebody's day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet, Value
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.call_sheet import log_url
from contacts.models import Telling
from desk import words
from desk.asking import is_owed
from desk.urgent import urgent_for
from desk.worklist import covering_today
from victimcare import clock
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.context import how_to_reach
from victimcare.cases.models import Participant, Question, may_see
from victimcare.cases.safe_contact import Channel, Verdict, verdicts_for
from victimcare.govuk.dates import moment

AT_MOST = 75


@dataclass
class PassedOn:
    """The rows, the people they name, and which events of whom they are about, so that no list says them twice."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    people: list[Participant] = field(default_factory=list)
    pairs: Collection[tuple[int, int]] = ()


def passed_on_for(user: User) -> QuerySet[Telling]:
    """What falls to this person: of their own victims; to a supervisor, of those nobody is allocated to."""
    if not user.may(Permission.ASK_OFFICER):
        return Telling.objects.none()
    mine = Q(participant__officer=user) | Q(participant__officer__in=covering_today(user))
    if user.has_role(Role.SUPERVISOR):
        nobody = Q(participant__officer=None) | Q(participant__officer__is_active=False)
        mine |= nobody & (Q(participant__team=user.team_id) | Q(participant__team=None))
    owed = Telling.objects.with_the_unit().filter(mine & may_see(user, "participant__"))
    return owed.filter(is_owed())


def on_top(user: User) -> tuple[list[int], list[int]]:
    """The urgent calls and what officers passed on, by primary key, of somebody's day. One query."""
    urgent = urgent_for(user).order_by().values_list("pk", Value("urgent"))
    passed = passed_on_for(user).order_by().values_list("pk", Value("passed"))
    found = list(urgent.union(passed, all=True)[:AT_MOST])
    return [pk for pk, what in found if what == "urgent"], [pk for pk, what in found if what == "passed"]


def passed_on_to(user: User, which: Sequence[int]) -> PassedOn:
    """These (`on_top` finds them) as rows. No query for none."""
    if not which:
        return PassedOn()
    rows = Telling.objects.filter(pk__in=which).select_related(
        "event", "officer", "answered_by", "participant__person__safe_contact", "participant__case",
        "participant__officer",
    )  # fmt: skip
    found = list(rows.order_by("due_on", "pk"))
    together: dict[int, list[Telling]] = {}
    for telling in found:
        together.setdefault(telling.participant_id, []).append(telling)
    people = {telling.participant_id: telling.participant for telling in found}
    said = verdicts_for(people.values()) if people and user.may(Permission.VIEW_SAFE_CONTACT) else {}
    rows = [
        _row(tellings, is_number_wrong=pk in said and is_number_wrong(said[pk][Channel.PHONE]))
        | {
            "how": how_to_reach(people[pk], said[pk], shows_numbers=user.may(Permission.VIEW_CONTACT_DETAILS))
            if pk in said
            else ""
        }
        for pk, tellings in together.items()
    ]
    pairs = {(telling.participant_id, telling.event_id) for telling in found}
    return PassedOn(rows, list(people.values()), pairs)


def is_number_wrong(phone: Verdict) -> bool:
    """Whether a call found this number to be somebody else's, so that another has to be asked for."""
    return any(reason.rule == "wrong_number" for reason in phone.reasons)


def _row(tellings: list[Telling], *, is_number_wrong: bool) -> dict[str, Any]:
    """One victim, for `work_row`. Where the number is wrong the button asks for the right one."""
    first = tellings[0]
    part = first.participant
    who = words.named(part.person.name, part.person.age_on(clock.today())).rstrip(",")
    about = words.and_list(
        [str(words.ABOUT.get(telling.event.kind, telling.event.title)) for telling in tellings]
    )
    due_on = min((telling.due_on for telling in tellings if telling.due_on), default=None)
    return {
        "what": _("Tell %(who)s about %(what)s") % {"who": who, "what": about},
        "who": part.person.name,
        "url": reverse("desk:summary", args=[part.case.reference, part.reference]),
        "due_on": due_on,
        "why": why(first),
        "button": {
            "label": _("Ask for the right number"),
            "url": reverse("cases:ask", args=[part.case.reference, part.reference])
            + f"?kind={Question.Kind.WRONG_NUMBER}",
            "is_primary": True,
        }
        if is_number_wrong
        else {
            "label": _("Call"),
            "url": log_url(part, [telling.event for telling in tellings]),
            "is_primary": True,
        },
    }


def why(telling: Telling) -> str:
    """PC Pugh asks you to do it. “She asked for Olwen.”"""
    officer = telling.answered_by or telling.officer
    if telling.answer == Telling.Answer.HANDED_OVER:
        said = _("%(officer)s asks you to do it, %(when)s.") % {
            "officer": officer,
            "when": moment(telling.answered_at),
        }
    elif telling.answer == Telling.Answer.COULD_NOT:
        said = _("%(officer)s could not, %(when)s: %(why)s.") % {
            "officer": officer,
            "when": moment(telling.answered_at),
            "why": str(telling.get_why_display()).lower(),
        }
    else:
        said = _("%(officer)s was asked %(when)s and has not answered.") % {
            "officer": officer,
            "when": moment(telling.asked_at),
        }
    return f"{said} “{telling.words}”" if telling.words else said

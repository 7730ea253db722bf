"""How duties are said aloud together: "Tell Siân about the arrest and the bail". Words only, no queries.

What one rule asks for alone is said by `compliance.words`; here is what one conversation about several says.
"""

from collections.abc import Sequence
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from compliance import words as rules
from compliance.models import Duty
from victimcare.cases.kinds import Kind
from victimcare.govuk.dates import day

# Each kind of event as a thing to be told about.
ABOUT: dict[str, Promise] = {
    Kind.NOT_INVESTIGATED: lazy("the decision not to investigate"),
    Kind.SUSPECT_ARRESTED: lazy("the arrest"),
    Kind.SUSPECT_INTERVIEWED: lazy("the interview"),
    Kind.SUSPECT_RELEASED_NO_CHARGE: lazy("the release without charge"),
    Kind.SUSPECT_BAILED: lazy("the bail"),
    Kind.SUSPECT_RELEASED_UNDER_INVESTIGATION: lazy("the release under investigation"),
    Kind.BAIL_CHANGED: lazy("the change of bail"),
    Kind.SUSPECT_CHARGED: lazy("the charge"),
    Kind.OUT_OF_COURT_DISPOSAL: lazy("the out-of-court outcome"),
    Kind.DECISION_NOT_TO_PROSECUTE: lazy("the decision not to prosecute"),
    Kind.INVESTIGATION_CLOSED_NO_SUSPECT: lazy("the end of the investigation"),
    Kind.PROSECUTION_ALTERED: lazy("the change to the prosecution"),
    Kind.HEARING_LISTED: lazy("the hearing"),
    Kind.HEARING_MOVED: lazy("the new date of the hearing"),
    Kind.RESULT_RECEIVED: lazy("the result in court"),
    Kind.WITNESS_REQUIRED: lazy("giving evidence"),
    Kind.WITNESS_NOT_REQUIRED: lazy("not having to give evidence"),
    Kind.APPEAL_NOTICE: lazy("the appeal"),
    Kind.APPEAL_BAIL: lazy("bail until the appeal"),
    Kind.APPEAL_LISTED: lazy("the date of the appeal"),
    Kind.APPEAL_RESULT: lazy("the result of the appeal"),
    Kind.RIGHT_NOT_MET: lazy("what we were late with"),
}


def and_list(words: Sequence[str]) -> str:
    """The arrest, the bail and the charge."""
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}


def is_told(duty: Duty) -> bool:
    """Met by telling the event that opened it."""
    return is_telling(duty.rule, duty.event.kind)


def is_telling(rule: str, kind: str) -> bool:
    """Whether a duty of this rule, opened by an event of this kind, is met by telling that event."""
    return kind in ABOUT and rule in rules.ABOUT


def owed(who: str, duties: Sequence[Duty]) -> str:
    """What these duties to one person ask for together, in one sentence."""
    things = list(dict.fromkeys(str(ABOUT[duty.event.kind]) for duty in duties if is_told(duty)))
    if len(things) < 2:
        return rules.asks(duties[0].rule, who)
    return _("Tell %(who)s about %(things)s") % {"who": who, "things": and_list(things)}


def why(duty: Duty) -> str:
    """Right 6: suspect released on bail, Mon 16 Nov, enhanced rights, 1 working day."""
    parts = [str(duty.event.title), day(duty.clock_on)]
    if duty.enhanced_applied:
        parts.append(_("enhanced rights"))
    if duty.limit is not None:
        parts.append(ngettext("%(n)d working day", "%(n)d working days", duty.limit) % {"n": duty.limit})
    said = ", ".join(parts)
    return f"{rules.why(duty.right, is_local=duty.is_local)}: {said[0].lower()}{said[1:]}."


def named(name: str, age: int | None) -> str:
    """Siân Evans, 34,"""
    return f"{name}, {age}," if age is not None else name


def opted_out(what: str, from_on: date, today: date) -> str:
    """That they do not want to hear this, and from when: it may be a day to come."""
    said = (
        _("From %(day)s they do not want to hear this: %(what)s. Until then they do.")
        if from_on > today
        else _("Since %(day)s they have opted out of this: %(what)s.")
    )
    return said % {"day": day(from_on), "what": what}

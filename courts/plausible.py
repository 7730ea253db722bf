"""What cannot be so of a listing or a result, whoever says it. Pure but for the clock, which is passed in."""

from collections.abc import Sequence
from datetime import date, datetime

from victimcare.faults import Refused
from victimcare.intake.said import said as _
from victimcare.working_days import london_day


def check_listing(listed_on: date, learned_at: datetime, now: datetime) -> None:
    """Raises Refused for a court that told us in the future, or of a day that had passed."""
    if learned_at > now:
        raise Refused(_("That is in the future. Enter when the court told us."))
    if listed_on < london_day(learned_at):
        raise Refused(_("That day had passed when the court told us. Check the day of the hearing."))


def check_result(
    result_code: str, kinds: Sequence[str], resulted_on: date, learned_at: datetime, now: datetime
) -> None:
    """Raises Refused for a result that says nothing known, lies ahead, or was heard of before it happened."""
    if not kinds:
        raise Refused(_("The result code %s is not known here. Say what the result means.") % result_code)
    if learned_at > now or resulted_on > london_day(now):
        raise Refused(_("That is in the future. Enter when it happened."))
    if london_day(learned_at) < resulted_on:
        raise Refused(_("We cannot have heard before it happened. Check both days."))

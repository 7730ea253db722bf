"""Why a date is what it is, in plain steps that a victim, an officer or an inspector can follow."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from compliance import words
from compliance.catalogue import Rule, codes
from compliance.models import Duty
from victimcare.calendars import LAST_YEAR, Calendar, current, numbered
from victimcare.govuk.dates import Due, due, long_day, long_day_within, on_long_day
from victimcare.govuk.dates import day as short_day
from victimcare.working_days import (
    add_working_days,
    bank_holiday_names,
    count_shown,
    england_and_wales,
    working_days_between,
)

Step = dict[str, Any]


def rule_of(duty: Duty) -> Rule | None:
    """The rule that made this duty, from its own version of the Code; None for a local standard."""
    code = codes().get(duty.code)
    return code.by_key.get(duty.rule) if code else None


def is_checked(rule: Rule, agrees: bool | None) -> bool:
    """Whether somebody held this rule against the published Code and found it the same.

    `agrees` is what was found last, None where nobody wrote a check down.
    """
    return rule.checked if agrees is None else agrees


def explain(duty: Duty) -> list[Step]:
    """Steps for `{% explain_date %}`: what happened, rule, entitlement, days counted, what it became.

    Wants `duty.event` fetched, and in lists `with_checks()`: then it asks the database nothing.
    """
    rule, calendar = rule_of(duty), numbered(duty.calendar)
    steps = [_what_happened(duty), {"text": _rule(duty, rule)}]
    if rule is not None and not is_checked(rule, duty.rule_agrees):
        steps.append({"text": _("This rule is not yet checked against the published Code.")})
    if duty.limit is None or duty.first_due_on is None:
        steps.append({"text": _("The Code gives no number of days for this.")})
    else:
        steps += [
            {"text": _entitlement(duty)},
            counted(duty.clock_on, duty.limit, duty.first_due_on, calendar),
            *_by_which_calendar(duty, calendar),
        ]
        if duty.due_on != duty.first_due_on and duty.due_on:
            steps += _counted_again(duty, rule, calendar)
    if duty.settled_on:
        steps.append({"text": _verdict(duty)})
    return steps


def _counted_again(duty: Duty, rule: Rule | None, calendar: Calendar) -> list[Step]:
    """That the victim became enhanced meanwhile: from which day, how that counts, and what it is due by instead."""
    assert duty.due_on is not None  # noqa: S101 - it moved
    so = _("The victim became enhanced while this was open, so it is due by %(day)s instead.")
    last: Step = {"text": so % {"day": long_day_within(duty.due_on)}}
    start, limit = duty.enhanced_from_on, rule.enhanced if rule else None
    if start is None or limit is None:
        return [last]
    since = ngettext(
        "Enhanced rights came into force on %(day)s: within %(n)d working day of that day, where that is sooner.",
        "Enhanced rights came into force on %(day)s: within %(n)d working days of that day, where that is sooner.",
        limit,
    ) % {"day": short_day(start), "n": limit}
    return [{"text": since}, counted(start, limit, duty.due_on, calendar), last]


def late_by(duty: Duty, today: date) -> str:
    """3 working days late; 1 day late, where none of its days was a working day. Empty for what is not late."""
    until = duty.settled_on or today
    if duty.due_on is None or until <= duty.due_on:
        return ""
    n = working_days_between(duty.due_on, until, bank_holidays=numbered(duty.calendar).bank_holidays)
    if not n:
        return due(duty.due_on, until).lead
    return ngettext("%(n)d working day late", "%(n)d working days late", n) % {"n": n}


def due_of(duty: Duty, today: date) -> Due:
    """By when it is due; where it is late, by how much in the working days in which the Code counts. It has a date."""
    assert duty.due_on is not None  # noqa: S101 - the Code gives a number of days
    then = due(duty.due_on, today)
    late = late_by(duty, today)
    if not late:
        return then
    was = _("was due %(day)s") % {"day": short_day(duty.due_on)}
    return Due("overdue", late, was, f"{late}, {was}")


def _what_happened(duty: Duty) -> Step:
    event = duty.event
    said: dict[str, str | Promise] = {"what": event.title, "day": on_long_day(event.occurred_on)}
    text = _("%(what)s on %(day)s.") % said
    if event.learned_on != event.occurred_on:
        text += " " + _("We heard on %(day)s.") % {"day": on_long_day(event.learned_on)}
    return {"text": text}


def _rule(duty: Duty, rule: Rule | None) -> str:
    if duty.is_local:
        return _("Our own standard %(rule)s, not a duty of the Code: %(what)s.") % {
            "rule": duty.rule,
            "what": words.short(duty.rule),
        }
    code = codes().get(duty.code)
    said = {
        "title": words.code_title(duty.code, code.title if code else duty.code),
        "right": duty.right,
        "rule": duty.rule,
        "what": words.short(duty.rule),
    }
    text = _("%(title)s, Right %(right)d, rule %(rule)s: %(what)s.") % said
    clock = words.CLOCKS.get(rule.clock) if rule else None
    if clock:  # not within an f-string: there the words are not found for the translators
        text += " " + _("It counts %(clock)s.") % {"clock": clock}
    return text


def _entitlement(duty: Duty) -> str:
    said = {"day": short_day(duty.clock_on), "n": duty.limit}
    if duty.enhanced_at_trigger:
        return (
            ngettext(
                "Enhanced rights were in force on %(day)s: within %(n)d working day.",
                "Enhanced rights were in force on %(day)s: within %(n)d working days.",
                duty.limit or 0,
            )
            % said
        )
    return (
        ngettext(
            "Standard rights were in force on %(day)s: within %(n)d working day.",
            "Standard rights were in force on %(day)s: within %(n)d working days.",
            duty.limit or 0,
        )
        % said
    )


def answer_of(rule: Rule, on: date, *, is_enhanced: bool) -> dict[str, Any]:
    """By when this rule is due from this day 0, and each day that was counted or passed over."""
    limit = rule.limit(is_enhanced=is_enhanced) or 0
    holidays, names = england_and_wales(), bank_holiday_names()
    due_on = add_working_days(on, limit, bank_holidays=holidays)
    said = {"n": limit, "day": long_day_within(due_on)}
    return {
        "rule": rule,
        "tell": words.tell(rule),
        "due_on": due_on,
        "provisional": provisional(due_on),
        "text": ngettext(
            "Within %(n)d working day: due by the end of %(day)s.",
            "Within %(n)d working days: due by the end of %(day)s.",
            limit,
        )
        % said,
        "rows": [
            [
                long_day(each),
                _("Day %(n)d") % {"n": n}
                if n is not None
                else _("Not counted: %(why)s") % {"why": _not_counted(each, names)},
            ]
            for each, n in count_shown(on, due_on, bank_holidays=holidays)
        ],
    }


def counted(start: date, limit: int, due_on: date, calendar: Calendar) -> Step:
    """The days counted, with the weekends and holidays that were not, by name."""
    shown = count_shown(start, due_on, bank_holidays=calendar.bank_holidays)
    days = ", ".join(_("%(n)d %(day)s") % {"n": n, "day": short_day(day)} for day, n in shown if n)
    text = _("Day 0 is %(start)s. Working days counted: %(days)s. Due by the end of %(due)s.") % {
        "start": short_day(start),
        "days": days,
        "due": long_day_within(due_on),
    }
    return {"text": text, "skipped": skipped([day for day, n in shown if n is None], calendar.names)}


def skipped(days: list[date], names: Mapping[date, str]) -> str:
    """Not counted: Sat 26 Dec (weekend), Mon 28 Dec (Boxing Day)."""
    if not days:
        return ""
    told = (f"{short_day(day)} ({_not_counted(day, names)})" for day in days)
    return _("Not counted: %(days)s.") % {"days": ", ".join(told)}


def _not_counted(day: date, names: Mapping[date, str]) -> str:
    return words.holiday(names[day]) if day in names else _("weekend")


def _by_which_calendar(duty: Duty, calendar: Calendar) -> list[Step]:
    """Says the version where one-off days were added or taken away, and where what is settled keeps an older one."""
    steps: list[Step] = []
    if calendar.number:
        steps.append(
            {
                "text": _("Counted by version %(n)d of the calendar, with its one-off days.")
                % {"n": calendar.number}
            }
        )
    if duty.status != Duty.Status.OPEN and duty.is_current and _is_touched(duty, calendar, current()):
        steps.append(
            {
                "text": _(
                    "The calendar changed after this was settled. It keeps the calendar it was settled by."
                )
            }
        )
    if duty.due_on and (caution := provisional(duty.due_on)):
        steps.append({"text": caution})
    return steps


def _is_touched(duty: Duty, then: Calendar, now: Calendar) -> bool:
    """Whether a day that the calendars differ in is among those that were counted."""
    if duty.first_due_on is None:
        return False
    differing = then.bank_holidays ^ now.bank_holidays
    return any(duty.clock_on < each <= duty.first_due_on for each in differing)


def provisional(due_on: date) -> str:
    """What is said of a last day that is counted over bank holidays nobody has published yet; empty for others."""
    if due_on.year <= LAST_YEAR:
        return ""
    return _("Bank holidays are published to the end of %(year)d, so this day is provisional.") % {
        "year": LAST_YEAR
    }


def _verdict(duty: Duty) -> str:
    said = {"day": on_long_day(duty.settled_on), "by": duty.met_by}
    since = {"day": long_day_within(duty.settled_on), "by": duty.met_by}
    if duty.status == Duty.Status.MET:
        return _("Met on %(day)s. The evidence is %(by)s.") % said
    if duty.status == Duty.Status.MET_LATE:
        return _("Met late, on %(day)s. The evidence is %(by)s.") % said
    if duty.status == Duty.Status.EXEMPT:
        return _("Exempt with good reason since %(day)s, as two people agreed (%(by)s).") % since
    if duty.status == Duty.Status.NOT_APPLICABLE:
        return _("Not applicable since %(day)s, as two people agreed (%(by)s).") % since
    return _("Declined by the victim on %(day)s (%(by)s).") % said

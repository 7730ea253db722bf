"""manage.py due KEY --on ISO-DATE [--enhanced] [--json]: when a duty is due, with the days counted."""

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from compliance.explain import is_checked, provisional
from compliance.facts import rulebook
from compliance.models import RuleCheck
from victimcare.working_days import (
    LAST_YEAR,
    add_working_days,
    bank_holiday_names,
    count_shown,
    england_and_wales,
)


class Command(BaseCommand):
    help = "Say by when a duty of the Code is due, and show the working days counted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key", help="the rule, such as R6-ARREST")
        parser.add_argument("--on", required=True, help="day 0, such as 2026-11-23")
        parser.add_argument("--enhanced", action="store_true", help="the victim has enhanced rights")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON document")

    def handle(self, *, key: str, on: str, enhanced: bool, as_json: bool, **_: Any) -> None:
        try:
            start = date.fromisoformat(on)
        except ValueError:
            raise CommandError(f"{on} is not a date. Write it as 2026-11-23.") from None
        if start.year > LAST_YEAR:
            raise CommandError(f"Bank holidays are known to the end of {LAST_YEAR}. Give an earlier date.")
        rule = rulebook().rule_on(key.upper(), start)
        if rule is None:
            raise CommandError(f"There is no rule {key} in force on {on}. The page /code/ lists them.")
        limit = rule.limit(is_enhanced=enhanced)
        if limit is None:
            raise CommandError(f"The Code gives no number of days for {rule.key}.")
        holidays = england_and_wales()
        due_on = add_working_days(start, limit, bank_holidays=holidays)
        names = bank_holiday_names()
        days = [
            {"on": day.isoformat(), "number": n}
            | ({} if n is not None else {"skipped": names.get(day) or "weekend"})
            for day, n in count_shown(start, due_on, bank_holidays=holidays)
        ]
        check = RuleCheck.objects.last_of(rule.code, rule.key)
        answer = {
            "key": rule.key,
            "code": rule.code,
            "right": rule.right,
            "on": start.isoformat(),
            "enhanced": enhanced,
            "working_days": limit,
            "due_on": due_on.isoformat(),
            "provisional": bool(provisional(due_on)),
            "days": days,
            "checked": is_checked(rule, check.agrees if check else None),
        }
        self.stdout.write(json.dumps(answer, indent=2) if as_json else self.in_words(answer))

    def in_words(self, answer: dict[str, Any]) -> str:
        lines = [
            f"{answer['key']}, {'enhanced' if answer['enhanced'] else 'standard'}: "
            f"within {answer['working_days']} working days of {answer['on']}, due by the end of "
            f"{answer['due_on']}."
        ]
        for day in answer["days"]:
            lines.append(f"  {day['on']}  {day.get('skipped') or 'day ' + str(day['number'])}")
        if answer["provisional"]:
            lines.append(provisional(date.fromisoformat(answer["due_on"])))
        if not answer["checked"]:
            lines.append("This rule is not yet checked against the published Code.")
        return "\n".join(lines)

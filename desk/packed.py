"""What packs print that only desk can count: the steps of the funnel."""

from datetime import date

from django.utils.functional import Promise

from desk.funnel import STEPS, Cohort, count_steps


def funnel_of(since: date, until: date) -> list[tuple[str, str | Promise, int]]:
    """Each step with its name and how many victims referred in the period came so far. One query."""
    counts = count_steps(Cohort(since, until).referrals())
    return [(key, step.label, counts[key]) for key, step in STEPS.items()]

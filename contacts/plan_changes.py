"""What two versions of a plan say differently, in words. No queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from contacts.models import ContactPlan
from victimcare.cases.safe_contact import Channel, Verdict


@dataclass(frozen=True)
class Line:
    """One thing a plan says."""

    label: str
    said: str


@dataclass(frozen=True)
class Change:
    """One thing that two versions say differently; "" where one says nothing of it."""

    label: str
    was: str
    now: str


def lines(plan: ContactPlan) -> list[Line]:
    """Everything a plan says, in the order of its page; what it is silent about is ""."""
    return [
        Line(_("How often"), plan.how_often),
        Line(_("How, in this order"), ", ".join(plan.channel_labels)),
        Line(_("When they like to be rung"), ", ".join(plan.time_labels)),
        Line(_("About what"), ", ".join(plan.topic_labels)),
        Line(_("Language"), str(plan.get_language_display())),
        Line(
            _("Form"), ": ".join(part for part in (", ".join(plan.format_labels), plan.format_note) if part)
        ),
        Line(_("Who else may be told"), plan.may_tell),
        Line(_("Say nothing unless"), plan.silent_unless),
        Line(_("In their own words"), plan.words),
    ]


def changes(before: ContactPlan, after: ContactPlan) -> list[Change]:
    """What the later version says that the earlier did not."""
    return [
        Change(was.label, was.said, now.said)
        for was, now in zip(lines(before), lines(after), strict=True)
        if was.said != now.said
    ]


def compared(plans: Sequence[ContactPlan]) -> list[tuple[ContactPlan, list[Change]]]:
    """Each version, the newest first, with what it changed; the first changed nothing."""
    earlier = [*plans[1:], None] if plans else []
    return [
        (plan, changes(before, plan) if before else []) for plan, before in zip(plans, earlier, strict=True)
    ]


# What closes a way for an hour or until it is asked about again, and not for good.
PASSES = frozenset({"outside_window", "first_contact_hours", "stale"})


def not_safe(plan: ContactPlan | None, said: Mapping[Channel, Verdict]) -> list[str]:
    """The ways a plan names by which this person is not to be reached, whatever the hour: it is agreed anew."""
    if plan is None:
        return []
    closed = {way for way, verdict in said.items() if {each.rule for each in verdict.reasons} - PASSES}
    return [str(label) for way, label in ContactPlan.CHANNELS if way in plan.channels and way in closed]

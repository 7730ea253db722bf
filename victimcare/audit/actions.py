"""Write down that somebody looked."""

from typing import Protocol

from victimcare.audit.models import AccessEntry


class Actor(Protocol):
    """Whoever looked, as plain values: this app knows no users."""

    reference: str
    display_name: str
    roles: list[str]


def new_access(
    *,
    by: Actor,
    op: AccessEntry.Op,
    outcome: AccessEntry.Outcome = AccessEntry.Outcome.ALLOWED,
    case: str = "",
    subject: str = "",
    subjects: list[str] | None = None,
    field_group: str = "",
    justification: str = "",
    path: str = "",
) -> AccessEntry:
    """The row that says so, not kept yet, for whoever keeps it beside others."""
    return AccessEntry(
        actor=by.reference,
        actor_name=by.display_name,
        actor_roles=",".join(by.roles),
        op=op,
        outcome=outcome,
        case=case,
        subject=subject,
        subjects=subjects or [],
        field_group=field_group[:40],
        justification=justification[:120],
        path=path[:300],
    )


def record_access(
    *,
    by: Actor,
    op: AccessEntry.Op,
    outcome: AccessEntry.Outcome = AccessEntry.Outcome.ALLOWED,
    case: str = "",
    subject: str = "",
    subjects: list[str] | None = None,
    field_group: str = "",
    justification: str = "",
    path: str = "",
) -> AccessEntry:
    """Append one row. If it cannot be written the page is not shown: the exception goes up."""
    entry = new_access(
        by=by, op=op, outcome=outcome, case=case, subject=subject, subjects=subjects, field_group=field_group,
        justification=justification, path=path,
    )  # fmt: skip
    entry.save()
    return entry

"""What the demonstration's supervisors have said of duties that were not kept, and what they are asked to excuse."""

from compliance.breaches import answer_breach, decide_dispute, keep_breaches
from compliance.excuses import ask_to_excuse
from compliance.models import Breach, Duty, Excuse
from victimcare.accounts.models import Team, User
from victimcare.accounts.permissions import Role

ACCOUNTS = (
    (
        Breach.Reason.ABSENCE,
        "The officer was on leave, and the cover was not told of this case until the Monday.",
    ),
    (
        Breach.Reason.NOT_REACHED,
        "Rung twice in the morning. Nobody tried in the evening, when she is at home.",
    ),
    (Breach.Reason.WORKLOAD, "Eleven were due on the same day, and this one was rung last."),
)
CLAIM = "Another force took the report, and passed it to us after the last day. Their victim unit agrees with the dates."
ASKED = "He answers her phone. She asked us to wait until she is at her mother's."


def tell_of_breaches() -> int:
    """Record what is a breach, and have some of them answered, disputed and decided. Returns how many there are."""
    keep_breaches()
    first, second = (
        User.objects.with_role(Role.SUPERVISOR).filter(team__kind=Team.Kind.VICTIM_CARE).order_by("pk")[:2]
    )
    seen = list(Breach.objects.visible_to(first).select_related("duty").order_by("due_on", "pk")[:8])
    for n, breach in enumerate(seen[: len(ACCOUNTS)]):
        reason, account = ACCOUNTS[n]
        answer_breach(
            duty=breach.duty,
            is_accepted=True,
            reason=reason,
            account=account,
            version=breach.version,
            by=first,
        )
    for n, breach in enumerate(seen[len(ACCOUNTS) : len(ACCOUNTS) + 2]):
        disputed = answer_breach(
            duty=breach.duty, is_accepted=False, reason=Breach.Reason.HEARD_LATE, account="We heard late.",
            claimed_agency=Breach.Agency.OTHER, claim=CLAIM, version=breach.version, by=second,
        )  # fmt: skip
        if n:
            because = "Their letter gives the same dates."
            decide_dispute(
                breach=disputed, is_upheld=True, because=because, version=disputed.version, by=first
            )
    _ask(first)
    return Breach.objects.count()


def _ask(supervisor: User) -> None:
    """One officer asks that a duty be excused."""
    open_duties = Duty.objects.open().code().timed().visible_to(supervisor).filter(owner=Duty.Owner.FORCE)
    duty = open_duties.exclude(officer=None).select_related("officer").order_by("due_on", "pk").first()
    if duty is not None and duty.officer is not None:
        ask_to_excuse(
            duty=duty, status=Excuse.Status.EXEMPT, reason=Excuse.Reason.RISK, why=ASKED, by=duty.officer
        )

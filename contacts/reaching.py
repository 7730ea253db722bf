"""Before anybody is rung: is this channel clear now, and if not, which are?"""

from datetime import datetime

from victimcare.cases.context import verdicts_here
from victimcare.cases.models import Participant
from victimcare.cases.safe_contact import Blocked, Channel, Clearance, Purpose, Verdict, clear, verdicts
from victimcare.http import Request


def clearance_for(called: Participant, channel: Channel, at: datetime) -> Clearance:
    """The proof for one contact at this moment. Answers gone stale allow the call that reviews them.

    Raises Blocked with every reason.
    """
    try:
        return clear(called, channel, Purpose.UPDATE, at=at)
    except Blocked as blocked:
        if channel is Channel.PHONE and all(reason.rule == "stale" for reason in blocked.reasons):
            return clear(called, channel, Purpose.REVIEW, at=at)
        raise


def verdicts_now(request: Request) -> dict[Channel, Verdict]:
    """What may be used now for the person whose page this is, the reviewing call included."""
    participant, said = request.participant, dict(verdicts_here(request))
    phone = said[Channel.PHONE]
    if not phone.allowed and all(reason.rule == "stale" for reason in phone.reasons):
        said[Channel.PHONE] = verdicts(participant, purpose=Purpose.REVIEW)[Channel.PHONE]
    return said

"""What an officer typed into a minute whose victim or question was settled meanwhile, in another window.

The page shows the words again and says who answered and when: nothing that was typed is lost, and nothing of it
is kept twice.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from contacts.models import Telling
from victimcare.accounts.models import User
from victimcare.cases.models import Participant, Question
from victimcare.govuk.dates import moment

AT_MOST = 25  # of either kind: a page shows a dozen
_SAYS, _REPLY = "says_", "reply_"
_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,30}")


@dataclass(frozen=True)
class Answered:
    """One answer that came too late: of whom, what became of it, and what was typed."""

    name: str
    became: str
    typed: list[str]
    participant: Participant | None


def typed_of(posted: QueryDict, prefix: str = _SAYS) -> list[str]:
    """The references of the victims (or of the questions) for whom something was typed or ticked."""
    found = [key.removeprefix(prefix) for key, said in posted.items() if key.startswith(prefix) and said]
    return [reference for reference in found if _REFERENCE.fullmatch(reference)][:AT_MOST]


def answered_already(
    posted: QueryDict, user: User, *, victims: Collection[str], questions: Collection[str]
) -> list[Answered]:
    """What was typed for a victim or question that does not stand on the page any more. Three queries at most.

    `victims` and `questions` are the references that do. Only of this officer's own crimes.
    """
    late = [reference for reference in typed_of(posted) if reference not in victims]
    asked = [reference for reference in typed_of(posted, _REPLY) if reference not in questions]
    found = []
    if late and user.collar:
        rows = Participant.objects.visible_to(user).filter(reference__in=late, case__oic_collar=user.collar)
        people = list(rows.select_related("person", "case"))
        said = {
            telling.participant_id: telling
            for telling in Telling.objects.filter(participant__in=people, answered_at__isnull=False)
            .select_related("answered_by")
            .order_by("answered_at", "pk")
        }
        found = [_of_victim(posted, part, said.get(part.pk)) for part in people]
    if asked:
        settled = Question.objects.asked_of(user).filter(reference__in=asked)
        found += [
            Answered(
                name=str(question.get_kind_display()),
                became=_when(moment(question.replied_at)) if question.replied_at else _nothing_owed(),
                typed=[posted[_REPLY + question.reference]],
                participant=question.participant,
            )
            for question in settled.select_related("participant__person", "participant__case")
        ]
    return found


def _of_victim(posted: QueryDict, part: Participant, telling: Telling | None) -> Answered:
    became = _nothing_owed()
    if telling is not None:
        became = _("%(when)s It said: %(answer)s.") % {
            "when": _when(moment(telling.answered_at)),
            "answer": ": ".join(
                str(said) for said in (telling.get_answer_display(), telling.get_why_display()) if said
            ),
        }
    labels = (dict(Telling.Answer.choices), dict(Telling.Why.choices))
    chosen = [
        str(words[code])
        for words, code in zip(
            labels, (posted.get(box + part.reference) for box in (_SAYS, "why_")), strict=True
        )
        if code in words
    ]
    typed = [posted.get(f"{box}_{part.reference}", "") for box in ("words", "despite")]
    return Answered(
        name=part.person.name,
        became=became,
        typed=[line for line in (": ".join(chosen), *typed) if line],
        participant=part,
    )


def _when(when: str) -> str:
    return _("This was answered already in another window, on %s.") % when


def _nothing_owed() -> str:
    return _("Nothing waits to be told any more: somebody else told them, or it is not owed.")

"""Person, Case, Participant, Event, and what hangs on them. No app below knows these, all above do."""

from victimcare.cases.models.cases import (
    Case,
    Entitlement,
    Exclusion,
    Participant,
    ParticipantQuerySet,
    case_reference,
    may_see,
    not_kept_from,
    participant_reference,
    ways_to_see,
)
from victimcare.cases.models.events import Event, event_reference
from victimcare.cases.models.names import NameInCase, NameWord
from victimcare.cases.models.people import Person, person_reference
from victimcare.cases.models.questions import Question, QuestionQuerySet, question_reference
from victimcare.cases.models.safety import (
    PendingChange,
    SafeContact,
    SafetyLift,
    change_reference,
    lift_reference,
)
from victimcare.cases.models.same_person import (
    Compared,
    Likeness,
    PersonLink,
    likeness_reference,
    link_reference,
)
from victimcare.cases.models.standards import Standard

__all__ = [
    "Case",
    "Compared",
    "Entitlement",
    "Event",
    "Exclusion",
    "Likeness",
    "NameInCase",
    "NameWord",
    "Participant",
    "ParticipantQuerySet",
    "PendingChange",
    "Person",
    "PersonLink",
    "Question",
    "QuestionQuerySet",
    "SafeContact",
    "SafetyLift",
    "Standard",
    "case_reference",
    "change_reference",
    "event_reference",
    "lift_reference",
    "likeness_reference",
    "link_reference",
    "may_see",
    "not_kept_from",
    "participant_reference",
    "person_reference",
    "question_reference",
    "ways_to_see",
]

"""One factory per model, valid with no arguments. Everybody here is invented."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import factory
from factory.django import DjangoModelFactory

from contacts.models import Contact, ContactPlan
from courts.models import Court, Hearing, WitnessRequirement
from needs_assessments.models import NeedsAssessment
from referrals.models import Partner, Referral
from victimcare.accounts.models import Leave, Team, User
from victimcare.accounts.permissions import Role
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Case, Entitlement, Event, Participant, Person, SafeContact
from victimcare.intake.models import ImportBatch

LONDON = ZoneInfo("Europe/London")
NINE_TO_FIVE = [["09:00", "17:00"]] * 5 + [None, None]


def london(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    """A moment in London time."""
    return datetime(year, month, day, hour, minute, tzinfo=LONDON)


class TeamFactory(DjangoModelFactory):
    class Meta:
        model = Team
        django_get_or_create = ("name",)

    name = "Victim Care Unit"
    kind = Team.Kind.VICTIM_CARE


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"officer{n}")
    display_name = factory.Sequence(lambda n: f"Officer {n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@police.example")
    roles = [Role.VICTIM_CARE_OFFICER]
    team = factory.SubFactory(TeamFactory)
    working_hours = NINE_TO_FIVE
    joined_on = date(2021, 7, 1)
    password = "!"


class LeaveFactory(DjangoModelFactory):
    class Meta:
        model = Leave

    user = factory.SubFactory(UserFactory)
    kind = Leave.Kind.ANNUAL
    from_on = date(2026, 11, 23)
    until_on = date(2026, 11, 27)


class PersonFactory(DjangoModelFactory):
    class Meta:
        model = Person

    given_names = "Siân"
    surname = "Evans"
    date_of_birth = date(1992, 5, 1)
    sex = "F"
    address_line_1 = factory.Sequence(lambda n: f"{n + 1} Bryn Road")
    town = "Newport"
    postcode = "NP20 4AB"
    # Never one of 07700 900000 to 900999, which tests write out.
    phone_mobile = factory.Sequence(lambda n: f"07700 90{1000 + n % 9000}")
    email = factory.Sequence(lambda n: f"p{n}@example.org")


class SafeContactFactory(DjangoModelFactory):
    class Meta:
        model = SafeContact

    person = factory.SubFactory(PersonFactory)
    phone = "Y"
    text = "Y"
    email = "Y"
    post = "Y"
    voicemail = "N"


class CaseFactory(DjangoModelFactory):
    class Meta:
        model = Case

    source_system = "RMS"
    occurrence_no = factory.Sequence(lambda n: f"26{n:08d}")
    offence_code = "8N"
    offence_title = "Assault occasioning actual bodily harm"
    recorded_at = london(2026, 11, 16, 9)
    reported_at = london(2026, 11, 16, 9)
    policing_area = "West"
    oic_collar = "1234"
    oic_name = "PC Pugh"
    oic_team = "Response Blackwood"


class ParticipantFactory(DjangoModelFactory):
    """A victim, in the Victim Care Unit's care, allocated to nobody."""

    class Meta:
        model = Participant

    case = factory.SubFactory(CaseFactory)
    person = factory.SubFactory(PersonFactory)
    role = Participant.Role.VICTIM
    team = factory.SubFactory(TeamFactory)


class SuspectFactory(ParticipantFactory):
    role = Participant.Role.SUSPECT
    team = None
    person = factory.SubFactory(
        PersonFactory, given_names="Gareth", surname="Probert", sex="M", address_line_1="99 Mill Lane",
        postcode="NP44 1ZZ", phone_mobile="07700 900999", email="",
    )  # fmt: skip


class EntitlementFactory(DjangoModelFactory):
    class Meta:
        model = Entitlement

    participant = factory.SubFactory(ParticipantFactory)
    is_enhanced = True
    categories = [Entitlement.Category.INTIMIDATED]
    from_on = date(2026, 11, 16)
    reason = "Afraid to give evidence."


class EventFactory(DjangoModelFactory):
    """An arrest on Wednesday 18 November 2026, heard of the same day."""

    class Meta:
        model = Event

    case = factory.SubFactory(CaseFactory)
    kind = Kind.SUSPECT_ARRESTED
    occurred_at = london(2026, 11, 18, 10)
    learned_at = factory.LazyAttribute(lambda event: event.occurred_at + timedelta(hours=1))


class ReferralFactory(DjangoModelFactory):
    class Meta:
        model = Referral

    participant = factory.SubFactory(ParticipantFactory)
    received_at = london(2026, 11, 16, 10)
    priority = 2
    reasons = ["no enhanced ground found"]
    due_on = date(2026, 11, 18)


class ImportBatchFactory(DjangoModelFactory):
    class Meta:
        model = ImportBatch

    kind = ImportBatch.Kind.REFERRALS
    file_name = "referrals.csv"
    sha256 = factory.Sequence(lambda n: f"{n:064x}")


class PartnerFactory(DjangoModelFactory):
    class Meta:
        model = Partner
        django_get_or_create = ("name",)

    name = "New Pathways"


class NeedsAssessmentFactory(DjangoModelFactory):
    class Meta:
        model = NeedsAssessment

    participant = factory.SubFactory(ParticipantFactory)
    assessed_by = factory.SubFactory(UserFactory)


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = Contact

    participant = factory.SubFactory(ParticipantFactory)
    channel = Contact.Channel.PHONE
    outcome = Contact.Outcome.REACHED
    at = london(2026, 11, 19, 10)
    by = factory.SubFactory(UserFactory)


class ContactPlanFactory(DjangoModelFactory):
    class Meta:
        model = ContactPlan

    participant = factory.SubFactory(ParticipantFactory)
    frequency_days = 28
    channels = ["phone"]
    agreed_on = date(2026, 11, 16)
    agreed_with = "the victim"
    agreed_by = factory.SubFactory(UserFactory)
    due_on = date(2026, 12, 14)


class CourtFactory(DjangoModelFactory):
    class Meta:
        model = Court
        django_get_or_create = ("ou",)

    ou = "C62NG00"
    name = "Newport Crown Court"
    name_cy = "Llys y Goron Casnewydd"
    is_crown = True


class HearingFactory(DjangoModelFactory):
    class Meta:
        model = Hearing

    case = factory.SubFactory(CaseFactory)
    court = factory.SubFactory(CourtFactory)
    type = Hearing.Type.TRIAL
    listed_on = date(2027, 1, 11)
    listed_learned_at = london(2026, 11, 19, 9)


class WitnessRequirementFactory(DjangoModelFactory):
    class Meta:
        model = WitnessRequirement

    hearing = factory.SubFactory(HearingFactory)
    participant = factory.SubFactory(ParticipantFactory)
    learned_at = london(2026, 11, 19, 9)

"""Person, Case, Participant, Event, and what hangs on them. No app below knows these, all above do."""

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare import clock
from victimcare.accounts.models import Leave, Team, User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.kinds import BY_HAND, Kind
from victimcare.references import new_reference
from victimcare.working_days import LONDON

if TYPE_CHECKING:
    from django.utils.functional import Promise

_WORDS = "text_pattern_ops"  # an index in which the start of a word is found whatever the database's language


def person_reference() -> str:
    return new_reference("PE")


def case_reference() -> str:
    return new_reference("VC")


def participant_reference() -> str:
    return new_reference("P")


def likeness_reference() -> str:
    return new_reference("SP")


def link_reference() -> str:
    return new_reference("PL")


def event_reference() -> str:
    return new_reference("E", 9)


def question_reference() -> str:
    return new_reference("Q")


def change_reference() -> str:
    return new_reference("PC")


def lift_reference() -> str:
    return new_reference("SL")


class Person(models.Model):
    """A human being, once, across every crime: victim in one, witness in another, suspect in a third."""

    class Sex(models.TextChoices):
        FEMALE = "F", _("Female")
        MALE = "M", _("Male")
        OTHER = "X", _("Other or not said")
        UNKNOWN = "", _("Not known")

    reference = models.CharField(max_length=20, unique=True, default=person_reference)
    source_system = models.CharField(max_length=20, blank=True)
    source_id = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=20, blank=True)
    given_names = models.CharField(max_length=100, blank=True)
    surname = models.CharField(max_length=100, blank=True)
    preferred_name = models.CharField(max_length=100, blank=True)
    pronouns = models.CharField(max_length=30, blank=True)
    date_of_birth = models.DateField(null=True, blank=True)
    date_of_death = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=1, choices=Sex.choices, blank=True)
    ethnicity = models.CharField(max_length=4, blank=True)  # 16+1 code
    language = models.CharField(max_length=8, blank=True)  # two-letter code
    prefers_welsh = models.BooleanField(null=True, blank=True)
    interpreter_language = models.CharField(max_length=8, blank=True)
    disability = models.CharField(max_length=20, blank=True)
    address_line_1 = models.CharField(max_length=120, blank=True)
    address_line_2 = models.CharField(max_length=120, blank=True)
    town = models.CharField(max_length=80, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    phone_mobile = models.CharField(max_length=30, blank=True)
    phone_home = models.CharField(max_length=30, blank=True)
    email = models.CharField(max_length=254, blank=True)
    # The number, in figures, that a call found to be somebody else's, and the day. Never rung again as it is.
    wrong_number = models.CharField(max_length=30, blank=True, db_default="")
    wrong_number_on = models.DateField(null=True, blank=True)
    # Names of fields a person here confirmed: a feed may not overwrite them.
    confirmed_fields = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="person_once_per_source",
                fields=["source_system", "source_id"],
                condition=~Q(source_id=""),
            ),
            models.CheckConstraint(
                name="person_dies_after_birth",
                condition=Q(date_of_death=None)
                | Q(date_of_birth=None)
                | Q(date_of_death__gte=F("date_of_birth")),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def name(self) -> str:
        """The name as this person likes it."""
        return self.preferred_name or f"{self.given_names} {self.surname}".strip() or str(_("Name not known"))

    @property
    def first_name(self) -> str:
        return self.preferred_name or (self.given_names.split(" ")[0] if self.given_names else self.name)

    def age_on(self, day: date) -> int | None:
        born = self.date_of_birth
        if born is None:
            return None
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    @property
    def phones(self) -> list[str]:
        return [phone for phone in (self.phone_mobile, self.phone_home) if phone]

    @property
    def address_lines(self) -> list[str]:
        return [line for line in (self.address_line_1, self.address_line_2, self.town, self.postcode) if line]

    @property
    def speaks_welsh(self) -> bool:
        return bool(self.prefers_welsh) or self.language == "cy"


class LikenessQuerySet(models.QuerySet["Likeness"]):
    def undecided(self) -> "LikenessQuerySet":
        return self.filter(decision="")

    def visible_to(self, user: User) -> "LikenessQuerySet":
        """Pairs of which this user may open both, and of which neither is suspected of a crime against the other."""
        seen = Participant.objects.visible_to(user)  # type: ignore[attr-defined]
        return self.filter(
            Exists(seen.filter(person=OuterRef("one"))), Exists(seen.filter(person=OuterRef("other")))
        ).exclude(Exists(_suspected("one", of="other")) | Exists(_suspected("other", of="one")))

    def of(self, person: Person) -> "LikenessQuerySet":
        return self.filter(Q(one=person) | Q(other=person))


def _suspected(suspect: str, of: str) -> "models.QuerySet[Participant]":
    """The part as a suspect that one of a pair has in a case where the other is served."""
    return Participant.objects.filter(
        person=OuterRef(suspect),
        role=Participant.Role.SUSPECT,
        case__participants__person=OuterRef(of),
        case__participants__role__in=Participant.SERVED,
    )


class Likeness(models.Model):
    """Two records that may be one human being: how alike, why, and what somebody decided."""

    class Decision(models.TextChoices):
        UNDECIDED = "", _("Not decided")
        LINKED = "linked", _("The same person")
        DIFFERENT = "different", _("Not the same person")

    reference = models.CharField(max_length=20, unique=True, default=likeness_reference)
    one = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField()  # 0 to 100: see matching.py
    is_key = models.BooleanField(
        default=False
    )  # a key that rarely errs: same number, or name, birth, postcode
    reasons = ArrayField(models.CharField(max_length=30), default=list)  # names of rules
    found_at = models.DateTimeField(auto_now_add=True)
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.CharField(max_length=200, blank=True)
    history = HistoricalRecords()

    objects = LikenessQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(name="likeness_once_per_pair", fields=["one", "other"]),
            models.CheckConstraint(name="likeness_lower_first", condition=Q(one__lt=F("other"))),
        )
        indexes = (
            models.Index(
                name="likeness_to_decide", fields=["-is_key", "-score", "-id"], condition=Q(decision="")
            ),
        )

    def __str__(self) -> str:
        return self.reference


class PersonLink(models.Model):
    """Somebody said that two records are one human being. Nothing is moved: take it away and all is as before."""

    reference = models.CharField(max_length=20, unique=True, default=link_reference)
    one = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    linked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    linked_at = models.DateTimeField()
    unlinked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    unlinked_at = models.DateTimeField(null=True, blank=True)
    unlink_reason = models.CharField(max_length=200, blank=True)
    history = HistoricalRecords()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="linked_once", fields=["one", "other"], condition=Q(unlinked_at=None)
            ),
            models.CheckConstraint(name="link_lower_first", condition=Q(one__lt=F("other"))),
        )
        indexes = (models.Index(name="link_of_other", fields=["other"], condition=Q(unlinked_at=None)),)

    def __str__(self) -> str:
        return self.reference


class Compared(models.Model):
    """How far the records were compared with one another: the last row of their history that was read."""

    only = models.BooleanField(primary_key=True, default=True)
    up_to = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.CheckConstraint(name="compared_is_one_row", condition=Q(only=True)),)


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: User) -> "CaseQuerySet":
        """Cases with at least one participant this user may see."""
        return self.filter(
            pk__in=Participant.objects.visible_to(user).values("case_id")  # type: ignore[attr-defined]
        )


class Case(models.Model):
    """One crime or incident under one reference."""

    reference = models.CharField(max_length=20, unique=True, default=case_reference)
    source_system = models.CharField(max_length=20, blank=True)
    occurrence_no = models.CharField(max_length=30, blank=True)
    urn = models.CharField(max_length=20, blank=True)
    offence_code = models.CharField(max_length=10, blank=True)
    offence_title = models.CharField(max_length=160, blank=True)
    cjs_code = models.CharField(max_length=10, blank=True)
    flags = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    # Those that somebody told us of, when a case was opened by hand: no feed takes them away.
    flags_told = ArrayField(models.CharField(max_length=12), default=list, db_default=[], blank=True)
    recorded_at = models.DateTimeField(null=True, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    offence_from = models.DateField(null=True, blank=True)
    offence_to = models.DateField(null=True, blank=True)
    location = models.CharField(max_length=200, blank=True)
    ward = models.CharField(max_length=60, blank=True)
    local_authority = models.CharField(max_length=60, blank=True)
    policing_area = models.CharField(max_length=40, blank=True)
    oic_collar = models.CharField(max_length=20, blank=True)
    oic_name = models.CharField(max_length=80, blank=True)
    oic_email = models.CharField(max_length=254, blank=True)
    oic_team = models.CharField(max_length=80, blank=True)
    witness_care_officer = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="witness_care_cases"
    )
    witness_care_team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="witness_care_cases"
    )
    is_restricted = models.BooleanField(default=False)
    restricted_to = models.ManyToManyField(User, blank=True, related_name="restricted_cases")
    opened_at = models.DateTimeField(auto_now_add=True)
    # Set when an event is recorded, cleared when its listeners have run: a crash between leaves it set.
    changed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords(excluded_fields=["changed_at"])

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="case_once_per_source",
                fields=["source_system", "occurrence_no"],
                condition=~Q(occurrence_no=""),
            ),
            models.CheckConstraint(
                name="offence_ends_after_it_starts",
                condition=Q(offence_from=None) | Q(offence_to=None) | Q(offence_to__gte=F("offence_from")),
            ),
        )
        indexes = (
            models.Index(name="case_oic", fields=["oic_collar"], condition=~Q(oic_collar="")),
            models.Index(name="case_occurrence", fields=["occurrence_no"]),
            models.Index(
                name="case_by_witness_care",
                fields=["witness_care_officer", "witness_care_team"],
                include=["id"],
                condition=Q(witness_care_officer__isnull=False),
            ),
            models.Index(
                name="case_left_behind", fields=["changed_at"], condition=Q(changed_at__isnull=False)
            ),
            # A reminder's address and whether it may be said: from the index alone, for thousands at once.
            models.Index(name="case_to_remind_of", fields=["id"], include=["is_restricted", "reference"]),
            # Few, and left out of the figures of who must not see them.
            models.Index(name="case_restricted", fields=["id"], condition=Q(is_restricted=True)),
            # Few: opened here for somebody who asked for support. A supervisor decides what an officer would.
            models.Index(
                name="case_without_officer",
                fields=["id"],
                condition=Q(occurrence_no="", oic_name="", oic_collar=""),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def has_officer(self) -> bool:
        """False where no force recorded a crime: the case was opened here for somebody who asked for support."""
        return bool(self.occurrence_no or self.oic_name or self.oic_collar)


ON_A_LIST = (
    *("reference", "role", "team_id", "closed_at", "case__reference", "case__occurrence_no"),
    *("case__offence_title", "person__given_names", "person__surname", "person__preferred_name"),
    *("person__date_of_birth", "person__town", "case__witness_care_officer", "officer__display_name"),
)


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def victims(self) -> "ParticipantQuerySet":
        return self.filter(role=Participant.Role.VICTIM)

    def witnesses(self) -> "ParticipantQuerySet":
        return self.filter(role=Participant.Role.WITNESS)

    def served(self) -> "ParticipantQuerySet":
        """Those we look after. A suspect is never listed, contacted or counted, nor who came by mistake."""
        return self.filter(role__in=Participant.SERVED)

    def open(self) -> "ParticipantQuerySet":
        return self.filter(closed_at=None)

    def allocated_to(self, user: User) -> "ParticipantQuerySet":
        return self.filter(officer=user)

    def for_a_list(self) -> "ParticipantQuerySet":
        """With what a row of a list shows of the person, the case and the officer, and no more of them."""
        return self.select_related("person", "case", "officer").only(*ON_A_LIST)

    def visible_to(self, user: User) -> "ParticipantQuerySet":
        """The participants whose records this user may open. Excluded beats restricted beats role."""
        return self.filter(may_see(user))


def may_see(user: User, through: str = "") -> Q:
    """What holds of a participant this user may open. Excluded beats restricted beats role.

    For rows about a participant `through` leads there, "participant__", with no list of all who are visible.
    """
    in_role = Q(pk__in=[])  # nobody
    for way in ways_to_see(user, through).values():
        in_role |= way
    named = Case.restricted_to.through.objects.filter(user=user).values("case_id")
    unrestricted = _is(through, case__is_restricted=False) | _is(through, case_id__in=named)
    excluded = Exclusion.objects.filter(user=user, lifted_at=None).values("case_id")
    suspect = _is(through, role=Participant.Role.SUSPECT)
    return ~suspect & in_role & unrestricted & ~_is(through, case_id__in=excluded)


def ways_to_see(user: User, through: str = "") -> dict[str, Q]:
    """Each reason for which this user may open a participant, before what is restricted is taken away."""
    ways = {}
    if user.has_role(Role.VICTIM_CARE_OFFICER) or user.has_role(Role.SUPERVISOR):
        ways["officer"] = _is(through, officer=user)
        ways["cover"] = _is(through, officer__in=_covered_by(user))
        if user.team_id:
            ways["team"] = _is(through, team_id=user.team_id)
    if user.has_role(Role.WITNESS_CARE_OFFICER) or user.has_role(Role.MEASURES_ADVISOR):
        ways["witness care officer"] = _is(through, case__witness_care_officer=user)
        if user.team_id:
            ways["witness care team"] = _is(through, case__witness_care_team_id=user.team_id)
    if user.has_role(Role.OFFICER_IN_THE_CASE) and user.collar:
        ways["officer in the case"] = _is(through, case__oic_collar=user.collar)
    if user.has_role(Role.ENGAGEMENT_COORDINATOR):
        ways["agreed to be asked"] = _is(through, agreed_to_be_asked=True)
    return ways


def _is(through: str, **conditions: object) -> Q:
    return Q(**{through + name: value for name, value in conditions.items()})


def _covered_by(user: User) -> "models.QuerySet[Leave, int]":
    """The colleagues whose leave this user covers today, as a subquery: a join would repeat their cases."""
    today = clock.today()
    return user.covering.filter(from_on__lte=today, until_on__gte=today, cancelled_at=None).values("user_id")


class Participant(models.Model):
    """One person's part in one case: victim, witness, someone acting for them, or suspect.

    Work is per victim: the officer, entitlement, plan, duties, letters and closure are this row's own.
    """

    class Role(models.TextChoices):
        VICTIM = "VICTIM", _("Victim")
        WITNESS = "WITNESS", _("Witness")
        REPRESENTATIVE = "REPRESENTATIVE", _("Acts for the victim")
        SUSPECT = "SUSPECT", _("Suspect")
        # Came with an extract that was withdrawn: an empty shell that the log still names. Nobody sees it.
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    # Those we look after: an index on the role finds them, which "not a suspect" would not.
    SERVED = (Role.VICTIM, Role.WITNESS, Role.REPRESENTATIVE)

    class Relationship(models.TextChoices):
        PARTNER = "PARTNER", _("Partner")
        EX_PARTNER = "EX_PARTNER", _("Former partner")
        FAMILY = "FAMILY", _("Family")
        NEIGHBOUR = "NEIGHBOUR", _("Neighbour")
        COLLEAGUE = "COLLEAGUE", _("Colleague")
        ACQUAINTANCE = "ACQUAINTANCE", _("Acquaintance")
        STRANGER = "STRANGER", _("Stranger")
        UNKNOWN = "", _("Not known")

    class Closure(models.TextChoices):
        SUPPORT_COMPLETE = "support_complete", _("Support complete")
        DECLINED = "declined", _("Declined")
        OPTED_OUT = "opted_out", _("Opted out")
        UNABLE_TO_CONTACT = "unable_to_contact", _("Unable to contact")
        UNSAFE_TO_CONTACT = "unsafe_to_contact", _("Unsafe to contact")
        DUPLICATE = "duplicate", _("Duplicate")
        OUT_OF_SCOPE = "out_of_scope", _("Out of scope")
        OTHER_FORCE = "other_force", _("Moved, or another force")
        TRANSFERRED = "transferred", _("Transferred to a partner, witness care or family liaison")
        INFORMATION_ONLY = "information_only", _("Information sent only")
        NO_FURTHER_NEED = "no_further_need", _("No further need")
        CASE_FINISHED = "case_finished", _("Case finished")
        DECEASED = "deceased", _("Died")
        DATA_ERROR = "data_error", _("Data error")

    reference = models.CharField(max_length=20, unique=True, default=participant_reference)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="participants")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="parts")
    role = models.CharField(max_length=15, choices=Role.choices)
    represents = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="represented_by"
    )
    officer = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="caseload"
    )
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="caseload")
    relationship_to_suspect = models.CharField(max_length=15, choices=Relationship.choices, blank=True)
    risk_tool = models.CharField(max_length=10, blank=True)
    risk_level = models.CharField(max_length=10, blank=True)  # STANDARD, MEDIUM, HIGH
    consent_to_refer = models.CharField(max_length=1, blank=True)  # Y, N, U: stops onward sharing only
    vps_offered = models.CharField(max_length=1, blank=True)
    organisation_name = models.CharField(max_length=160, blank=True)
    agreed_to_be_asked = models.BooleanField(default=False)  # by the survivor engagement coordinator
    closed_at = models.DateTimeField(null=True, blank=True)
    closure_reason = models.CharField(max_length=20, choices=Closure.choices, blank=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(name="one_part_per_person_case_role", fields=["case", "person", "role"]),
            models.CheckConstraint(
                name="closed_with_a_reason",
                condition=Q(closed_at=None, closure_reason="")
                | Q(closed_at__isnull=False) & ~Q(closure_reason=""),
            ),
            models.CheckConstraint(
                name="only_a_representative_represents",
                condition=Q(represents=None) | Q(role="REPRESENTATIVE"),
            ),
            models.CheckConstraint(
                name="a_suspect_has_no_officer", condition=~Q(role="SUSPECT") | Q(officer=None)
            ),
        )
        indexes = (
            models.Index(
                name="participant_open_by_officer", fields=["officer", "id"], condition=Q(closed_at=None)
            ),
            models.Index(name="participant_by_team_role", fields=["team", "role", "id"]),
            # Who is reminded of somebody: from the index alone, for thousands at once.
            models.Index(
                name="participant_to_remind_of",
                fields=["id"],
                include=["case", "officer", "team", "reference"],
                condition=Q(closed_at=None),
            ),
            # The lists of a team, newest first, a page at a time.
            models.Index(name="participant_open_by_team", fields=["team", "id"], condition=Q(closed_at=None)),
            models.Index(
                name="participant_closed_by_team", fields=["team", "id"], condition=Q(closed_at__isnull=False)
            ),
            # Somebody's own people who are not of their team: from the index alone.
            models.Index(
                name="participant_by_officer_team",
                fields=["officer", "team"],
                include=["id"],
                condition=Q(officer__isnull=False),
            ),
            models.Index(name="participant_agreed", fields=["-id"], condition=Q(agreed_to_be_asked=True)),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def is_victim(self) -> bool:
        return self.role == self.Role.VICTIM


class NameInCase(models.Model):
    """Under what name a participant is found, as plain letters, beside the teams that may see them.

    Kept by triggers of the database (migration `found_by_name`), so nothing here writes it. No suspects.
    """

    participant = models.OneToOneField(
        Participant,
        primary_key=True,
        db_constraint=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
    )
    team = models.ForeignKey(
        Team, null=True, db_constraint=False, db_index=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    witness_care_team = models.ForeignKey(
        Team, null=True, db_constraint=False, db_index=False, on_delete=models.DO_NOTHING, related_name="+"
    )
    surname = models.TextField()
    given_names = models.TextField()
    preferred_name = models.TextField()

    class Meta:
        indexes = (
            models.Index(
                name="name_by_team", fields=["team", "surname", "given_names"], include=["participant"],
                opclasses=["int8_ops", _WORDS, _WORDS],
            ),
            models.Index(
                name="name_by_team_given", fields=["team", "given_names"], include=["participant"],
                opclasses=["int8_ops", _WORDS],
            ),
            models.Index(
                name="name_by_team_preferred", fields=["team", "preferred_name"], include=["participant"],
                opclasses=["int8_ops", _WORDS], condition=~Q(preferred_name=""),
            ),
            models.Index(
                name="name_by_care_team", fields=["witness_care_team", "surname", "given_names"],
                include=["participant"], opclasses=["int8_ops", _WORDS, _WORDS],
                condition=Q(witness_care_team__isnull=False),
            ),
            models.Index(
                name="newest_by_care_team", fields=["witness_care_team", "participant"],
                condition=Q(witness_care_team__isnull=False),
            ),
            models.Index(
                name="name_by_care_team_given", fields=["witness_care_team", "given_names"],
                include=["participant"], opclasses=["int8_ops", _WORDS],
                condition=Q(witness_care_team__isnull=False),
            ),
        )  # fmt: skip


class NameWord(models.Model):
    """Every surname, and every first given name, that anybody here has: what a misspelt one is looked up in.

    Kept by triggers of the database. A word may be there twice, where two people brought it at once.
    """

    word = models.TextField()
    is_surname = models.BooleanField()

    class Meta:
        indexes = (
            models.Index(name="name_word", fields=["word", "is_surname"]),
            GinIndex(name="name_word_alike", fields=["word"], opclasses=["gin_trgm_ops"], fastupdate=False),
        )


class Exclusion(models.Model):
    """Somebody who must not see this case: the victim's relative, the suspect's friend. Beats everything."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="exclusions")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="exclusions")
    reason = models.CharField(max_length=200)
    declared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(auto_now_add=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()


class Entitlement(models.Model):
    """Standard or enhanced rights under the Code: from a date, why and by whom. Dated, never edited."""

    class Category(models.TextChoices):
        SERIOUS_CRIME = "serious_crime", _("Victim of the most serious crime")
        PERSISTENTLY_TARGETED = "persistently_targeted", _("Persistently targeted")
        VULNERABLE = "vulnerable", _("Vulnerable")
        INTIMIDATED = "intimidated", _("Intimidated")
        DISCRETION = "discretion", _("At our discretion")

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="entitlements")
    is_enhanced = models.BooleanField()
    categories = ArrayField(
        models.CharField(max_length=25, choices=Category.choices), default=list, blank=True
    )
    from_on = models.DateField()
    is_provisional = models.BooleanField(default=False)  # from triage, until somebody has assessed
    reason = models.CharField(max_length=400)
    set_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("from_on", "id")
        constraints = (
            models.CheckConstraint(
                name="enhanced_names_a_category", condition=Q(is_enhanced=False) | ~Q(categories=[])
            ),
        )
        indexes = (models.Index(name="entitlement_latest", fields=["participant", "-from_on", "-id"]),)


class SafeContact(models.Model):
    """How this person can be reached without harm. Not known means no, but for the first-contact rule."""

    class Safe(models.TextChoices):
        YES = "Y", _("Safe")
        NO = "N", _("Not safe")
        NOT_KNOWN = "", _("Not known")

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="safe_contact")
    phone = models.CharField(max_length=1, choices=Safe.choices, blank=True)
    text = models.CharField(max_length=1, choices=Safe.choices, blank=True)
    email = models.CharField(max_length=1, choices=Safe.choices, blank=True)
    post = models.CharField(max_length=1, choices=Safe.choices, blank=True)
    voicemail = models.CharField(max_length=1, choices=Safe.choices, blank=True)
    call_from = models.TimeField(null=True, blank=True)
    call_until = models.TimeField(null=True, blank=True)
    withhold_number = models.BooleanField(default=False)
    who_may_answer = models.CharField(max_length=120, blank=True)
    code_word = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=400, blank=True)
    address_is_protected = models.BooleanField(default=False)
    review_on = models.DateField(null=True, blank=True)
    confirmed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)  # a person asked; a feed may not overwrite
    # A supervisor decided that a young child whom nobody acts for is reached in the ways they asked for. It
    # holds for that version of the answers and no later one.
    child_reached_because = models.CharField(max_length=300, blank=True, db_default="")
    child_decided_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    child_decided_at = models.DateTimeField(null=True, blank=True)
    child_decided_version = models.PositiveIntegerField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="child_decision_says_who_and_why",
                condition=Q(child_decided_at=None)
                | Q(child_decided_by__isnull=False, child_decided_version__isnull=False)
                & ~Q(child_reached_because=""),
            ),
            models.CheckConstraint(
                name="call_window_has_both_ends",
                condition=Q(call_from=None, call_until=None) | Q(call_from__lt=F("call_until")),
            ),
        )

    @property
    def is_child_decided(self) -> bool:
        """True while a supervisor's decision about a young child holds: for these answers and no others."""
        return self.child_decided_at is not None and self.child_decided_version == self.version


class PendingChangeQuerySet(models.QuerySet["PendingChange"]):
    def waiting(self) -> "PendingChangeQuerySet":
        return self.filter(decision=PendingChange.Decision.WAITING)

    def visible_to(self, user: User) -> "PendingChangeQuerySet":
        """Those of people of whom this user may open a record."""
        seen = Participant.objects.visible_to(user)  # type: ignore[attr-defined]
        return self.filter(Exists(seen.filter(person=OuterRef("person"))))


class PendingChange(models.Model):
    """A new address, number or email of somebody in danger, until somebody else verified it another way.

    Whoever can change where we write to can read what we write: neither the old nor the new is written to.
    """

    class What(models.TextChoices):
        ADDRESS = "address", _("Address")
        MOBILE = "phone_mobile", _("Mobile phone")
        HOME = "phone_home", _("Other phone")
        EMAIL = "email", _("Email")

    class Source(models.TextChoices):
        STAFF = "staff", _("Somebody here")
        FEED = "feed", _("The force’s system")

    class Decision(models.TextChoices):
        WAITING = "", _("Waits to be verified")
        VERIFIED = "verified", _("Verified")
        REFUSED = "refused", _("Refused")
        REPLACED = "replaced", _("Replaced by a later change")

    class How(models.TextChoices):
        HELD_NUMBER = "held_number", _("I rang the number held before")
        IN_PERSON = "in_person", _("I saw them in person")
        OFFICER = "officer", _("The officer in the case confirmed it")
        AGENCY = "agency", _("An agency that knows them confirmed it")

    reference = models.CharField(max_length=20, unique=True, default=change_reference)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="changes")
    what = models.CharField(max_length=15, choices=What.choices)
    values = models.JSONField()  # field of Person: what it would say
    source = models.CharField(max_length=5, choices=Source.choices)
    said = models.CharField(max_length=100, blank=True)  # how whoever typed it knows
    asked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    how = models.CharField(max_length=12, choices=How.choices, blank=True)
    because = models.CharField(max_length=200, blank=True)
    history = HistoricalRecords()

    objects = PendingChangeQuerySet.as_manager()

    class Meta:
        ordering = ("asked_at", "id")
        constraints = (
            models.UniqueConstraint(
                name="one_change_waits", fields=["person", "what"], condition=Q(decision="")
            ),
            models.CheckConstraint(
                name="decided_change_says_when", condition=Q(decision="") ^ Q(decided_at__isnull=False)
            ),
            models.CheckConstraint(
                name="verified_by_somebody_else",
                condition=~Q(decision="verified")
                | Q(decided_by__isnull=False)
                & ~Q(how="")
                & (Q(asked_by=None) | ~Q(decided_by=F("asked_by"))),
            ),
        )
        indexes = (
            models.Index(name="change_waiting", fields=["asked_at", "id"], condition=Q(decision="")),
            models.Index(name="change_of_person", fields=["person", "-asked_at"]),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def fields(self) -> list[str]:
        """The fields of a person that it changes, in the order in which they are written."""
        return [name for name in _WHERE if name in self.values]

    @property
    def words(self) -> str:
        """The new value in one line."""
        return ", ".join(self.values[name] for name in self.fields if self.values[name])


_WHERE = (
    "address_line_1", "address_line_2", "town", "postcode", "phone_mobile", "phone_home", "email",
)  # fmt: skip


class SafetyLiftQuerySet(models.QuerySet["SafetyLift"]):
    def waiting(self) -> "SafetyLiftQuerySet":
        return self.filter(decision=SafetyLift.Decision.WAITING)

    def visible_to(self, user: User) -> "SafetyLiftQuerySet":
        """Those of people of whom this user may open a record."""
        seen = Participant.objects.visible_to(user)  # type: ignore[attr-defined]
        return self.filter(Exists(seen.filter(person=OuterRef("person"))))


class SafetyLift(models.Model):
    """A warning that somebody asks to take back. Until a supervisor other than they agrees, it holds."""

    REOPEN = "closure_reason"  # besides these, any answer of SafeContact that warns

    class Decision(models.TextChoices):
        WAITING = "", _("Waits for a supervisor")
        APPROVED = "approved", _("Lifted")
        REFUSED = "refused", _("Stays as it is")
        OVERTAKEN = "overtaken", _("The answers were written again")

    reference = models.CharField(max_length=20, unique=True, default=lift_reference)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="lifts")
    participant = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="lifts"
    )  # whose part is opened again; None for an answer, which is the person's
    field = models.CharField(max_length=20)
    was = models.CharField(max_length=60)
    to = models.CharField(max_length=60, blank=True)
    why = models.CharField(max_length=300)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    because = models.CharField(max_length=200, blank=True)
    history = HistoricalRecords()

    objects = SafetyLiftQuerySet.as_manager()

    class Meta:
        ordering = ("asked_at", "id")
        constraints = (
            models.UniqueConstraint(
                name="one_lift_waits",
                fields=["person", "field", "participant"],
                condition=Q(decision=""),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="decided_lift_says_when", condition=Q(decision="") ^ Q(decided_at__isnull=False)
            ),
            models.CheckConstraint(
                name="lifted_by_a_second_person",
                condition=~Q(decision="approved")
                | Q(decided_by__isnull=False) & (Q(asked_by=None) | ~Q(decided_by=F("asked_by"))),
            ),
        )
        indexes = (models.Index(name="lift_waiting", fields=["asked_at", "id"], condition=Q(decision="")),)

    def __str__(self) -> str:
        return self.reference

    @property
    def words(self) -> str:
        """Which warning, and what would hold instead. The code word itself is never said."""
        if self.field == self.REOPEN:
            return str(_("Open again although it was closed as unsafe to contact"))
        if self.field == "address_is_protected":
            return str(_("The address would no longer be protected"))
        if self.field == "code_word":
            return str(_("Another code word")) if self.to else str(_("No code word any more"))
        label = str(SafeContact._meta.get_field(self.field).verbose_name).capitalize()
        return _("%(way)s: from “%(was)s” to “%(to)s”") % {
            "way": label, "was": SafeContact.Safe(self.was).label, "to": SafeContact.Safe(self.to).label,
        }  # fmt: skip


class EventQuerySet(models.QuerySet["Event"]):
    def current(self) -> "EventQuerySet":
        """Events no later event replaced, and that are not themselves withdrawals."""
        return self.filter(replaced_by=None).exclude(kind=Kind.WITHDRAWN)

    def about(self, participant: Participant) -> "EventQuerySet":
        """What happened in this person's case that is theirs to see: never another victim's own events."""
        return self.filter(case_id=participant.case_id).filter(
            Q(participant=None) | Q(participant=participant)
        )


RIGHT_NOT_MET = re.compile(r"(?P<what>.+) \(Right (?P<right>[0-9]{1,2})\)")  # kept in English for everybody


class Event(models.Model):
    """Something that happened, dated. Append-only; a wrong one is corrected by another that replaces it."""

    class Precision(models.TextChoices):
        MOMENT = "moment", _("To the minute")
        DATE = "date", _("The date only")

    reference = models.CharField(max_length=20, unique=True, default=event_reference)
    kind = models.CharField(max_length=40, choices=Kind.choices)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    participant = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="events"
    )  # None: concerns the whole case
    suspect = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="events_as_suspect"
    )
    hearing = models.CharField(max_length=20, blank=True)  # the hearing's reference: courts is a storey up
    occurred_at = models.DateTimeField()  # midday London where only the date is known
    precision = models.CharField(max_length=6, choices=Precision.choices, default=Precision.MOMENT)
    learned_at = models.DateTimeField()  # when victim services heard: many clocks run from receipt
    recorded_at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    source_system = models.CharField(max_length=20, blank=True)
    source_id = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=1000, blank=True)
    data = models.JSONField(default=dict, blank=True)
    replaces = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by"
    )

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ("-occurred_at", "-id")
        constraints = (
            models.UniqueConstraint(
                name="event_once_per_source",
                fields=["source_system", "source_id"],
                condition=~Q(source_id=""),
            ),
            models.CheckConstraint(
                name="learned_not_before_it_occurred",
                condition=Q(precision="date") | Q(learned_at__gte=F("occurred_at")),
            ),
        )
        indexes = (
            models.Index(name="event_by_case", fields=["case", "-occurred_at"]),
            # What was recorded when: rows are only added, so this index is as good as free.
            BrinIndex(name="event_recorded", fields=["recorded_at"], autosummarize=True),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def occurred_on(self) -> date:
        """The London date on which it happened."""
        return self.occurred_at.astimezone(LONDON).date()

    @property
    def learned_on(self) -> date:
        """The London date on which victim services heard."""
        return self.learned_at.astimezone(LONDON).date()

    @property
    def is_by_hand(self) -> bool:
        """Of a kind people write down, so people may correct it; a referral we made ourselves is not."""
        if self.kind == Kind.REFERRED_TO_SUPPORT:
            return not self.data.get("onward_referral")
        return self.kind in BY_HAND

    @property
    def occurred_locally(self) -> datetime:
        return self.occurred_at.astimezone(LONDON)

    @property
    def title(self) -> "str | Promise":
        return Kind(self.kind).label

    @property
    def told(self) -> str:
        """The detail for whoever reads it. What people wrote stays; our own of a right not met is translated."""
        ours = RIGHT_NOT_MET.fullmatch(self.detail) if self.kind == Kind.RIGHT_NOT_MET else None
        if ours is None:
            return self.detail
        return f"{gettext(ours['what'])} ({gettext('Right %(n)d') % {'n': int(ours['right'])}})"


class StandardQuerySet(models.QuerySet["Standard"]):
    def approved(self) -> "StandardQuerySet":
        """Those that count: what we began with, and what a second person approved since."""
        return self.filter(Q(written_by=None) | Q(approved_at__isnull=False))

    def waiting(self) -> "StandardQuerySet":
        return self.filter(written_by__isnull=False, approved_at=None, withdrawn_at=None)


class Standard(models.Model):
    """One version of one number the unit sets for itself. Written by one person, approved by another."""

    key = models.CharField(max_length=30)  # see victimcare.cases.standards
    number = models.PositiveSmallIntegerField(default=1)  # of the version
    value = models.PositiveSmallIntegerField()
    effective_from = models.DateField()
    reason = models.CharField(max_length=300, blank=True)
    written_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(auto_now_add=True)
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)  # None: nobody has confirmed it
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # a proposal that was not wanted
    history = HistoricalRecords()

    objects = StandardQuerySet.as_manager()

    class Meta:
        ordering = ("key", "-number")
        constraints = (
            models.UniqueConstraint(name="standard_version_once", fields=["key", "number"]),
            models.CheckConstraint(
                name="standard_writer_is_not_approver",
                condition=Q(approved_by=None) | Q(written_by=None) | ~Q(approved_by=F("written_by")),
            ),
        )

    @property
    def is_confirmed(self) -> bool:
        return self.approved_at is not None


class QuestionQuerySet(models.QuerySet["Question"]):
    def visible_to(self, user: User) -> "QuestionQuerySet":
        """Those about people this user may see; about no person, for who asked, who mends rows, who answers."""
        of_a_row = Q(asked_by=user)
        if user.has_role(Role.OFFICER_IN_THE_CASE):
            of_a_row |= self._of_a_row_asked_of(user)
        if user.may(Permission.MEND_ROW):
            of_a_row |= Q(case=None)
        of_a_case = Q(case__in=Case.objects.visible_to(user))
        of_nobody = Q(participant=None) & (Q(case=None) & of_a_row | of_a_case)
        of_somebody = Q(participant__isnull=False) & may_see(user, "participant__")
        return self.filter(of_somebody | of_nobody)

    def open(self) -> "QuestionQuerySet":
        return self.filter(replied_at=None)

    def asked_of(self, user: User) -> "QuestionQuerySet":
        """Those this officer in the case is to answer: of the crimes that are theirs now."""
        if not user.has_role(Role.OFFICER_IN_THE_CASE):
            return self.none()
        mine = Q(case=None) & self._of_a_row_asked_of(user)
        if user.collar:
            mine |= Q(case__oic_collar=user.collar)
        return self.filter(mine).visible_to(user)

    def _of_a_row_asked_of(self, user: User) -> Q:
        """By their collar number, or where only a team is named, by the name of the team they are in."""
        found = Q(to_collar=user.collar) if user.collar else Q(pk__in=[])
        if user.team is not None:
            found |= Q(to_collar="", to_team__iexact=user.team.name)
        return found

    def late_on(self, day: date) -> "QuestionQuerySet":
        return self.open().filter(due_on__lt=day)


class Question(models.Model):
    """Something only the officer in the case can tell us, with the day by which they answer."""

    class Kind(models.TextChoices):
        WRONG_NUMBER = "wrong_number", _("The number is wrong")
        UNSAFE_NUMBER = "unsafe_number", _("The number is not safe")
        SAFE_CONTACT = "safe_contact", _("How to reach them safely")
        UNREACHABLE = "unreachable", _("Nobody can be reached")
        NEEDS = "needs", _("The needs assessment is missing")
        VPS = "vps", _("Whether a personal statement was offered")
        ROW = "row", _("A row of an extract")
        OTHER = "other", _("Something else")

    reference = models.CharField(max_length=20, unique=True, default=question_reference)
    case = models.ForeignKey(
        Case, null=True, blank=True, on_delete=models.PROTECT, related_name="questions"
    )  # None: about a row that belongs to no case yet
    participant = models.ForeignKey(
        Participant, null=True, blank=True, on_delete=models.PROTECT, related_name="questions"
    )
    about_row = models.CharField(max_length=80, blank=True)  # B-7K2M9QWD, row 17
    to_collar = models.CharField(max_length=20, blank=True)
    to_team = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=15, choices=Kind.choices)
    words = models.CharField(max_length=1000)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="questions_asked")
    asked_at = models.DateTimeField()
    due_on = models.DateField()
    reply = models.CharField(max_length=2000, blank=True)
    replied_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    replied_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    history = HistoricalRecords()

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ("due_on", "id")
        constraints = (
            models.CheckConstraint(
                name="question_is_about_something", condition=Q(case__isnull=False) | ~Q(about_row="")
            ),
            models.CheckConstraint(
                name="question_goes_to_somebody", condition=~Q(to_collar="") | ~Q(to_team="")
            ),
            models.CheckConstraint(
                name="answered_says_by_whom",
                condition=Q(replied_at=None, replied_by=None)
                | Q(replied_at__isnull=False, replied_by__isnull=False) & ~Q(reply=""),
            ),
        )
        indexes = (
            models.Index(name="question_open", fields=["due_on", "id"], condition=Q(replied_at=None)),
            models.Index(name="question_asked", fields=["-asked_at"]),
        )

    def __str__(self) -> str:
        return self.reference

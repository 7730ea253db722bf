"""A crime, and the part that each person has in it: who may see them, and what they are entitled to."""

from datetime import date
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare import clock
from victimcare.accounts.models import Leave, Team, User
from victimcare.accounts.permissions import Role
from victimcare.cases.models.people import Person
from victimcare.prepared import Given
from victimcare.references import new_reference


def case_reference() -> str:
    return new_reference("VC")


def participant_reference() -> str:
    return new_reference("P")


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


def may_see(user: User, through: str = "", *, today: date | Given | None = None) -> Q:
    """What holds of a participant this user may open. Excluded beats restricted beats role.

    For rows about a participant `through` leads there, "participant__", with no list of all who are visible.
    """
    in_role = Q(pk__in=[])  # nobody
    for way in ways_to_see(user, through, today=today).values():
        in_role |= way
    suspect = _is(through, role=Participant.Role.SUSPECT)
    return ~suspect & in_role & not_kept_from(user, through)


def not_kept_from(user: User, through: str = "") -> Q:
    """What holds of a row whose case may be known to this user: not excluded from it, nor left off its list."""
    named = Case.restricted_to.through.objects.filter(user=user).values("case_id")
    unrestricted = _is(through, case__is_restricted=False) | _is(through, case_id__in=named)
    excluded = Exclusion.objects.filter(user=user, lifted_at=None).values("case_id")
    return unrestricted & ~_is(through, case_id__in=excluded)


def ways_to_see(user: User, through: str = "", *, today: date | Given | None = None) -> dict[str, Q]:
    """Each reason for which this user may open a participant, before what is restricted is taken away."""
    ways = {}
    if user.has_role(Role.VICTIM_CARE_OFFICER) or user.has_role(Role.SUPERVISOR):
        ways["officer"] = _is(through, officer=user)
        ways["cover"] = _is(through, officer__in=_covered_by(user, today or clock.today()))
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


def _covered_by(user: User, today: date | Given) -> "models.QuerySet[Leave, Any]":
    """The colleagues whose leave this user covers today, as a subquery: a join would repeat their cases."""
    covered = Leave.objects.standing().filter(covered_by=user, from_on__lte=today, until_on__gte=today)
    return covered.values("user_id")


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

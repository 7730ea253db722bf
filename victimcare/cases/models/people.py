"""A human being, once, across every crime."""

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from victimcare.references import new_reference


def person_reference() -> str:
    return new_reference("PE")


class Person(models.Model):
    """A human being, once, across every crime: victim in one, witness in another, suspect in a third."""

    class Sex(models.TextChoices):
        FEMALE = "F", _("Female")
        MALE = "M", _("Male")
        OTHER = "X", _("Other or not said")
        UNKNOWN = "", _("Not known")

    DISABILITIES = {
        "PHYSICAL": _("Physical"),
        "MENTAL_HEALTH": _("Mental health"),
        "LEARNING": _("Learning"),
        "SENSORY": _("Sensory"),
    }

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
    def disability_in_words(self) -> str:
        """What the code of a feed means; one that we do not know, as it came."""
        return str(self.DISABILITIES.get(self.disability, self.disability))

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

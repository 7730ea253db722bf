"""Names as they are searched for. Kept by triggers of the database."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from victimcare.accounts.models import Team
from victimcare.cases.models.cases import Participant

_WORDS = "text_pattern_ops"  # an index in which the start of a word is found whatever the database's language


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

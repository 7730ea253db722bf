"""A question that is put into SQL once is answered anew each time."""

import pytest
from django.db import DataError, connection, transaction
from django.db.models import Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext

from tests.factories import ParticipantFactory
from victimcare.cases.models import Participant
from victimcare.lookups import is_any
from victimcare.prepared import PLANNED_AT_MOST, Asked, Given, Prepared, ask_together

pytestmark = pytest.mark.django_db


def test_each_asks_with_their_own_values_and_gets_what_the_queryset_gives():
    built = []

    def build():
        built.append(1)
        named = Participant.objects.annotate(said=Concat(Value("Ask for "), "person__given_names"))
        asked = named.filter(is_any("pk", Given("people")), case_id=Given("case")).order_by("pk")
        return asked.select_related("person").prefetch_related("case__participants")

    question = Prepared(build)
    one, other = ParticipantFactory(), ParticipantFactory(person__given_names="Gwen")
    assert question(people=[one.pk, other.pk], case=one.case_id) == [one]
    [found] = question(people=[one.pk, other.pk], case=other.case_id)
    assert (found, found.person, found.said) == (other, other.person, "Ask for Gwen")
    assert list(found.case.participants.all()) == [other] and built == [1]
    assert question(people=[], case=one.case_id) == []
    with pytest.raises(KeyError):
        question(people=[one.pk])


def test_a_connection_plans_it_once_and_again_where_that_came_to_nothing():
    question = Prepared(lambda: Participant.objects.filter(is_any("pk", Given("people")), role="VICTIM"))
    one = ParticipantFactory(role="VICTIM")

    def asked_with(people, *beside):
        with CaptureQueriesContext(connection) as asked:
            try:
                with transaction.atomic():
                    found = ask_together(*beside, question.of(people=people))[-1]
            except DataError:
                found = None
        [sql] = [each["sql"] for each in asked if "SAVEPOINT" not in each["sql"]]
        return found, "PREPARE" in sql, "EXECUTE" in sql

    assert asked_with([one.pk], Asked("SELECT 1/%s", [0])) == (None, True, True)
    assert asked_with([one.pk]) == ([one], True, True)
    assert asked_with([one.pk]) == ([one], False, True)
    assert asked_with([0]) == ([], False, True)
    assert asked_with([one.pk] * (PLANNED_AT_MOST + 1)) == ([one], False, False)  # planned for what it is

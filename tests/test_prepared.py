"""A question that is put into SQL once is answered anew each time."""

import pytest
from django.db.models import Value
from django.db.models.functions import Concat

from tests.factories import ParticipantFactory
from victimcare.cases.models import Participant
from victimcare.lookups import is_any
from victimcare.prepared import Given, Prepared

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

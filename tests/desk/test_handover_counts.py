"""A handover counts nobody whom the reader may not see."""

import pytest

from desk.handover import handovers_of, not_received, unread_by
from referrals import actions
from tests.factories import ParticipantFactory
from victimcare.cases.models import Case

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


def test_somebody_restricted_since_is_in_no_count(officer, colleague, supervisor):
    people = [ParticipantFactory(officer=officer, team=officer.team) for _n in range(2)]
    actions.reallocate(
        choices={part.reference: (colleague, None) for part in people},
        from_officer=officer, reason="She leaves.", by=supervisor,
    )  # fmt: skip
    (row,) = handovers_of(supervisor)
    assert (row.total, row.left, not_received(supervisor, most=99)) == (2, 2, 2)
    Case.objects.filter(pk=people[0].case_id).update(is_restricted=True)
    for reader in (supervisor, officer):
        (row,) = handovers_of(reader) or [None]
        assert row is None or (row.total, row.left) == (1, 1)
    assert not_received(supervisor, most=99) == 1
    assert unread_by(colleague)[0]["words"] == "Olwen Officer hands 1 person over to you."

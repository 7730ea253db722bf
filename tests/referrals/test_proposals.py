"""Who might take which victim."""

from referrals.proposals import Load, Wanted, propose


def loads():
    return [
        Load(1, "Ann", booked=10, full_at=100),
        Load(2, "Bethan", booked=40, full_at=100, languages=frozenset({"cy"})),
        Load(3, "Carys", booked=0, full_at=100, is_away=True),
        Load(4, "Dewi", booked=100, full_at=100),
    ]


def words(proposal):
    return [str(reason) for reason in proposal.reasons]


def test_the_lightest_load_takes_a_stranger():
    proposal = propose([Wanted(7, priority=3)], loads())[7]
    assert (proposal.officer_id, words(proposal)) == (1, ["lightest load"])


def test_a_welsh_speaker_takes_somebody_who_speaks_welsh():
    proposal = propose([Wanted(7, priority=1, speaks_welsh=True)], loads())[7]
    assert (proposal.officer_id, "speaks Welsh" in words(proposal)) == (2, True)


def test_the_officer_who_knows_the_person_comes_first():
    proposal = propose([Wanted(7, priority=1, known_by=frozenset({2, 3}))], loads())[7]
    assert (proposal.officer_id, words(proposal)) == (2, ["knows this person already"])


def test_nobody_away_and_nobody_full_is_proposed():
    proposal = propose([Wanted(7, priority=1, known_by=frozenset({3, 4}))], loads())[7]
    assert proposal.officer_id == 1
    nobody = propose([Wanted(7, priority=1)], loads()[2:])[7]
    assert (nobody.officer_id, words(nobody)) == (None, ["nobody here today has room"])


def test_work_is_spread_as_it_is_proposed():
    officers = [Load(1, "Ann", 0, 10), Load(2, "Bryn", 0, 10)]
    placed = propose([Wanted(n, priority=1) for n in range(8)], officers)
    assert [load.proposed for load in officers] == [9, 9]
    assert [placed[n].officer_id for n in (6, 7)] == [None, None]


def test_a_restricted_referral_is_never_proposed():
    assert propose([Wanted(7, priority=1, is_restricted=True)], loads())[7].officer_id is None


def test_two_crimes_against_one_person_go_to_one_officer():
    placed = propose([Wanted(1, 1, person_id=9), Wanted(2, 1), Wanted(3, 3, person_id=9)], loads())
    assert placed[1].officer_id == placed[3].officer_id
    assert words(placed[3]) == ["knows this person already"]

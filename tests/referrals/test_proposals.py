"""Who might take which victim."""

from referrals.proposals import (
    Load,
    Outcome,
    Scale,
    Wanted,
    full_at,
    propose,
    room_for,
    skills_wanted,
    summed,
)


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
    proposal = propose([Wanted(7, priority=1, language="cy")], loads())[7]
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


def test_nobody_with_a_conflict_is_proposed():
    proposal = propose([Wanted(7, priority=1, known_by=frozenset({1}), barred=frozenset({1}))], loads())[7]
    assert proposal.officer_id == 2
    none = propose([Wanted(7, priority=1, barred=frozenset({1, 2}))], loads())[7]
    assert (none.outcome, words(none)) == (
        Outcome.CONFLICT,
        ["whoever has room has a conflict with this case"],
    )


def test_somebody_trained_comes_before_the_lightest_load():
    officers = [Load(1, "Ann", 0, 100), Load(2, "Bryn", 50, 100, skills=frozenset({"fraud"}))]
    proposal = propose([Wanted(7, priority=3, skills=frozenset({"fraud"}))], officers)[7]
    assert (proposal.officer_id, words(proposal)) == (2, ["trained in fraud"])


def test_who_is_off_today_gets_nothing_that_is_due_today():
    officers = [Load(1, "Ann", 0, 100, is_off_today=True), Load(2, "Bryn", 90, 100)]
    placed = propose([Wanted(1, 1, is_due_today=True), Wanted(2, 3)], officers)
    assert (placed[1].officer_id, placed[2].officer_id) == (2, 1)


def test_why_the_officer_who_knows_them_is_not_proposed_is_said():
    away = propose([Wanted(7, priority=1, known_by=frozenset({3}))], loads())[7]
    full = propose([Wanted(7, priority=1, known_by=frozenset({4}))], loads())[7]
    assert (words(away)[0], words(full)[0]) == (
        "Carys knows them and is away",
        "Dewi knows them and has no room",
    )


def test_other_languages_are_looked_for_as_welsh_is():
    officers = [Load(1, "Ann", 0, 100), Load(2, "Aneta", 50, 100, languages=frozenset({"pl"}))]
    assert propose([Wanted(7, 3, language="pl")], officers)[7].officer_id == 2
    assert words(propose([Wanted(7, 3, language="so")], officers)[7]) == [
        "nobody with room speaks so",
        "lightest load",
    ]


def test_hours_and_leave_make_a_caseload_and_its_room_smaller():
    assert (full_at(100, 20), full_at(100, None), full_at(100, 45)) == (50, 100, 100)
    assert room_for(100, 40, here=5, works=10) == 30
    assert room_for(100, 110, here=5, works=10) == -10
    assert room_for(100, 40, here=0, works=0) == 60


def test_the_run_says_where_capacity_ran_out():
    wanted = [Wanted(1, 1), Wanted(2, 2), Wanted(3, 3), Wanted(4, 1, is_restricted=True)]
    run = summed(wanted, propose(wanted, [Load(1, "Ann", 0, 4)]))
    assert (run.placed, run.no_room, run.by_hand, run.ran_out_at) == (2, 1, 1, 2)


def test_other_points_place_others():
    officers = [Load(1, "Ann", 0, 4)]
    placed = propose([Wanted(1, 1), Wanted(2, 3)], officers, scale=Scale(points={1: 4, 2: 2, 3: 1, 4: 1}))
    assert (placed[1].officer_id, placed[2].officer_id) == (1, None)


def test_what_somebody_needs_follows_from_what_happened():
    assert skills_wanted(flags=["DA", "CYBER"], offence_code="19C", age=16) == {
        "domestic abuse", "sexual offences", "young people",
    }  # fmt: skip
    assert skills_wanted(flags=[], offence_code="195", age=70) == {"older people"}
    assert skills_wanted(flags=[], offence_code="53B", age=None) == {"fraud"}


def test_two_thousand_are_proposed_at_once():
    officers = [Load(n, f"Officer {n}", 0, 100) for n in range(1, 20)]
    placed = propose([Wanted(n, 1 + n % 4, person_id=n) for n in range(1, 2001)], officers)
    taken = [load.proposed for load in officers]
    assert len(placed) == 2000 and max(taken) <= 100 and min(taken) >= 98

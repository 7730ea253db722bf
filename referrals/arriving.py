"""The rows of a chunk, each with its team, its moments and what triage makes of it. Reads only."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from referrals import known
from referrals.refer_in.said import is_untold
from referrals.rules.book import RulesByDay, entitlement_reason
from referrals.staged import PERSON_WORDS, Arrival
from referrals.triage import Facts, triage
from victimcare import clock
from victimcare.accounts.models import Team
from victimcare.cases.repeats import YEAR, Crime, crimes_between, in_year_to, pattern, place_of
from victimcare.intake.cells import Clean
from victimcare.intake.models import ImportBatch
from victimcare.working_days import london_day

NOT_KEPT_YET = 2**62  # in place of the id of a crime that lands now: the last of its day


def arrivals(batch: ImportBatch, rows: Sequence[Clean]) -> list[Arrival]:
    """Each row with its team, its moments and what triage makes of it."""
    teams = _Teams(list(Team.objects.filter(kind=Team.Kind.VICTIM_CARE).order_by("pk")))
    people = _People(rows)
    earlier = _Earlier(rows, people)
    rules_by_day = RulesByDay()
    reason = lru_cache(maxsize=4096)(entitlement_reason)  # this call's own: it is in the reader's language
    arriving = []
    for row in map(people.filled, rows):
        recorded, reported = row["recorded_at"], row["reported_at"]
        received = recorded.at if batch.is_history and recorded else batch.arrived_at
        crime = reported or recorded
        crime_at = (
            min(crime.at, received) if crime and not crime.is_date_only else crime.at if crime else received
        )
        received_on = london_day(received)
        is_victim = row["role"] == "VICTIM"
        day = london_day(recorded.at) if recorded else received_on
        rules = rules_by_day.on(received_on)
        made = triage(_facts(people.as_known(row), day, earlier), rules) if is_victim else None
        arriving.append(
            Arrival(
                row=row,
                team_id=teams.for_area(row["policing_area"]),
                received_at=received,
                received_on=received_on,
                crime_at=crime_at,
                crime_on=london_day(crime_at),
                crime_precision="date" if crime is None or crime.is_date_only else "moment",
                triage=made,
                rule_set_id=rules.pk if made else None,
                due_on=rules.due_on(received, made.priority)
                if made and not made.suppressed_because
                else None,
                entitlement_reason=reason(made.reasons, rules.pk) if made else "",
            )
        )
    return arriving


class _Teams:
    """Which victim care team a policing area reaches; the team that names no area takes the rest."""

    def __init__(self, teams: list[Team]) -> None:
        self.by_area = {area: team.pk for team in teams for area in team.policing_areas}
        self.rest = next((team.pk for team in teams if not team.policing_areas), None)

    def for_area(self, area: str) -> int | None:
        return self.by_area.get(area, self.rest)


# What one person's rows say of them: an empty cell in a later row removes nothing that an earlier one said.
_OF_THE_PERSON = (*PERSON_WORDS, "date_of_birth", "date_of_death", "welsh_preference")


class _People:
    """What is known of the people in a chunk, from its earlier rows and from what is held."""

    def __init__(self, rows: Sequence[Clean]) -> None:
        self.held = known.known_people((row["source_system"], row["person_id"]) for row in rows)
        self.rows_of = Counter((row["source_system"], row["person_id"]) for row in rows)
        self.said: dict[tuple[str, str], Clean] = {}

    def filled(self, row: Clean) -> Clean:
        """The row with what this person's earlier rows said in the cells that this one leaves empty."""
        person = (row["source_system"], row["person_id"])
        if self.rows_of[person] == 1:
            return row
        row = dict(row)
        said = self.said.setdefault(person, {})
        for column in _OF_THE_PERSON:
            if row[column]:
                said[column] = row[column]
            elif column in said:
                row[column] = said[column]
        return row

    def as_known(self, row: Clean) -> Clean:
        """The row as triage sees it: with what we hold, and with a person's own answers before the feed's."""
        held = self.held.get((row["source_system"], row["person_id"]))
        if held is None:
            return row
        wins = held["is_confirmed"]
        said = {
            column: value
            for column, value in held.items()
            if column in row and (not row[column] or (wins and column.startswith("safe_to_")))
        }
        return row | said | {"has_secret": held["has_secret"]}


class _Earlier:
    """What is held of the people in a chunk: their crimes, and where they are suspects. Grows row by row."""

    def __init__(self, rows: Sequence[Clean], people: _People) -> None:
        victims = [row for row in rows if row["role"] == "VICTIM"]
        self.rows_of = people.rows_of
        self.suspected: set[tuple[str, str, str]] = {
            (row["source_system"], row["suspect_ref"], row["occurrence_no"])
            for row in rows
            if row["suspect_ref"]
        }
        self.suspected |= known.known_suspects((row["source_system"], row["person_id"]) for row in victims)
        held = {key: person["person_pk"] for key, person in people.held.items()}
        days = [london_day(row["recorded_at"].at) for row in victims if row["recorded_at"]] or [clock.today()]
        found = crimes_between(held.values(), min(days) - YEAR, max(days))
        self.crimes: dict[tuple[str, str], dict[str, Crime]] = {
            key: {crime.occurrence_no or crime.reference: crime for crime in found[pk]}
            for key, pk in held.items()
            if found.get(pk)
        }
        # Suspects that may be those of crimes before. The others are told apart by numbers of our own.
        self.suspects = known.known_ids(
            (row["source_system"], row["suspect_ref"])
            for row in victims
            if row["suspect_ref"] and (row["source_system"], row["person_id"]) in self.crimes
        )

    def crimes_to(self, row: Clean, day: date) -> list[Crime]:
        """The crimes against this person in the twelve months to a day, this one among them; none when this is
        the only one.
        """
        person = (row["source_system"], row["person_id"])
        if self.rows_of[person] == 1 and person not in self.crimes:
            return []
        crimes = self.crimes.setdefault(person, {})
        crimes[row["occurrence_no"]] = self._crime(row, day)
        return in_year_to(crimes.values(), day) if len(crimes) > 1 else list(crimes.values())

    def _crime(self, row: Clean, day: date) -> Crime:
        suspect = (row["source_system"], row["suspect_ref"])
        return Crime(
            case_id=NOT_KEPT_YET, participant="", reference="", occurrence_no=row["occurrence_no"], on=day,
            offence_code=row["offence_code"], offence_title=row["offence_title"],
            suspects=frozenset({self.suspects.setdefault(suspect, -1 - len(self.suspects))})
            if row["suspect_ref"]
            else frozenset(),
            place=place_of(row["location"]),
        )  # fmt: skip

    def is_suspect(self, row: Clean) -> bool:
        return (row["source_system"], row["person_id"], row["occurrence_no"]) in self.suspected


def _facts(row: Clean, day: date, earlier: _Earlier) -> Facts:
    born = row["date_of_birth"]
    crimes = earlier.crimes_to(row, day)
    safe_to = (
        ("phone", row["safe_to_call"], row["phone_mobile"] or row["phone_home"]),
        ("text", row["safe_to_text"], row["phone_mobile"]),
        ("email", row["safe_to_email"], row["email"]),
        ("post", row["safe_to_post"], row["address_line_1"]),
    )
    return Facts(
        flags=frozenset(row["flags"]),
        offence_code=row["offence_code"],
        age=day.year - born.year - ((day.month, day.day) < (born.month, born.day)) if born else None,
        risk_level=row["risk_level"],
        disability=row["disability"],
        crimes_in_12_months=len(crimes) or 1,
        has_died=row["date_of_death"] is not None,
        is_suspect_here=earlier.is_suspect(row),
        is_nameless_business=bool(row["organisation_name"]) and not row["surname"] and not row["given_names"],
        safe_to=tuple((channel, answer) for channel, answer, destination in safe_to if destination),
        patterns=frozenset(pattern(crimes)) if len(crimes) > 1 else frozenset(),
        has_secret=row.get("has_secret", False),
        is_untold=is_untold(
            offence_code=row["offence_code"], offence_title=row["offence_title"], flags=row["flags"]
        ),
    )

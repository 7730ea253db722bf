"""Invented extracts in the force's own layouts: who was harmed, by what, and how the investigation went.

Same seed and same day, same bytes. The clock is passed in; nothing here lies in its future.
"""

import csv
import io
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from desk.demo import words

AT_RISK_FLAGS = {"DA", "RASSO", "STALKING"}
RELATIONSHIPS = ("ACQUAINTANCE", "NEIGHBOUR", "COLLEAGUE")


@dataclass
class Happened:
    """One row of the events extract. Moments are London time without an offset, as the force writes them."""

    id: str
    kind: str
    at: datetime
    learned_at: datetime
    detail: str = ""


@dataclass
class Story:
    """One victim of one crime: their row of the referrals extract and what then happened."""

    row: dict[str, str]
    recorded_at: datetime
    occurrence_no: str
    person_id: str
    is_serious: bool
    is_flagged: bool
    age: int
    events: list[Happened] = field(default_factory=list)  # the crime's; empty for its second victim
    stage: str = ""  # the live cases' stage; "" for the rest of the year
    representative: dict[str, str] | None = None


class Teller:
    """Makes stories up, one after the other, from one seed."""

    def __init__(self, seed: int, now: datetime, officers: tuple[tuple[str, str, str], ...]) -> None:
        self.random = random.Random(seed)
        self.another = random.Random(seed + 1)  # for what came later, so that all the rest stays as it was
        self.now = now.replace(tzinfo=None)
        self.officers = officers
        self.count = self.events = 0
        self.known: list[dict[str, str]] = []
        self.suspects: dict[str, dict[str, str]] = {}

    def story(self, recorded_at: datetime, *, same_crime_as: Story | None = None, **wanted: object) -> Story:
        """One victim. `wanted` may fix `offence` (its code), `welsh`, `age`, `same_home`, `suspect`, `known`."""
        self.count += 1
        chosen = self._offence(wanted.get("offence"))
        person = self._person(wanted, may_be_known=same_crime_as is None)
        age = _age(person["date_of_birth"], recorded_at.date())
        if chosen[0] == "20A" and (person["sex"] != "F" or age < 13):
            chosen = next(offence for offence in words.OFFENCES if offence[0] == "8N")
        code, title, cjs, _, flags, is_serious, known_often = chosen
        is_known = bool(wanted.get("known", self.random.random() < known_often))
        flag_set = {flag for flag in flags.split(";") if flag}
        if is_known and age >= 16 and code in ("105A", "8N", "5D", "8L", "8Q", "8R", "3B", "58B"):
            flag_set |= {"DA"} if wanted.get("known") or self.random.random() < 0.7 else set()
        story = Story(
            {}, recorded_at, f"{recorded_at:%y}{self.count:08d}", person["person_id"], is_serious, False, age
        )
        if same_crime_as:
            story.occurrence_no = same_crime_as.occurrence_no
            flag_set = {flag for flag in same_crime_as.row["flags"].split(";") if flag}
        story.is_flagged = bool(flag_set & AT_RISK_FLAGS) or age < 18
        row = person | self._crime(story, code, title, cjs, flag_set) | self._safe(story, flag_set)
        row |= self._suspect(story, row, is_known, flag_set, wanted)
        if same_crime_as:
            shared = ("offence_code", "offence_title", "cjs_code", "location", "suspect_ref", "suspect_name",
                      "suspect_address", "suspect_postcode", "suspect_phone", "oic_collar", "oic_name", "oic_email",
                      "team", "offence_from", "offence_to", "reported_at", "ward", "local_authority",
                      "policing_area", "restricted")  # fmt: skip
            row |= {column: same_crime_as.row[column] for column in shared}
        if code == "1" and not same_crime_as:
            row |= {"date_of_death": row["offence_from"], "phone_mobile": "", "phone_home": "", "email": ""}
        if code in ("49", "58D", "53C") and age >= 18 and not wanted and self.random.random() < 0.12:
            row["organisation_name"] = f"{row['surname']} and Daughters Ltd"
            if self.random.random() < 0.4:  # nobody is named, so nobody can be served
                row |= dict.fromkeys(
                    ("title", "given_names", "surname", "date_of_birth", "phone_mobile", "email"), ""
                )
        story.row = row
        if (age < 16 or code == "1") and not same_crime_as:
            story.representative = self._acting_for(story)
        return story

    def investigate(self, story: Story, path: str = "") -> None:
        """What the police did next, up to now: bail, under investigation, charge, release, disposal or nothing."""
        if not story.row["suspect_ref"]:
            if not path and self.random.random() < 0.62:
                kind = "INVESTIGATION_CLOSED_NO_SUSPECT" if story.is_serious else "NOT_INVESTIGATED"
                self.happen(story, kind, story.recorded_at + timedelta(days=self.random.uniform(0.2, 20)))
            return
        at = story.recorded_at + timedelta(days=self.random.uniform(0.1, 8 if story.is_serious else 25))
        path = (
            path
            or self.random.choices(
                ["bail", "rui", "charge", "release", "disposal", "nothing"], [24, 17, 15, 16, 8, 20]
            )[0]
        )
        if path == "nothing":
            return
        self.happen(
            story, "SUSPECT_ARRESTED" if story.is_serious or path == "charge" else "SUSPECT_INTERVIEWED", at
        )
        if story.is_serious and self.random.random() < 0.6:
            self.happen(story, "SUSPECT_INTERVIEWED", at + timedelta(hours=5))
        after = at + timedelta(hours=13)
        if path == "bail":
            self.happen(
                story, "SUSPECT_BAILED", after, "Not to contact the victim; not to enter the victim's street"
            )
            if self.random.random() < 0.25:
                later = after + timedelta(days=self.random.uniform(5, 25))
                self.happen(
                    story, "BAIL_CHANGED", later, "May enter the town centre to work, weekdays 08:00 to 18:00"
                )
        elif path == "rui":
            self.happen(story, "SUSPECT_RELEASED_UNDER_INVESTIGATION", after)
        elif path == "release":
            self.happen(story, "SUSPECT_RELEASED_NO_CHARGE", after)
        elif path == "disposal":
            detail = self.random.choice(["Caution", "Community resolution"])
            self.happen(
                story, "OUT_OF_COURT_DISPOSAL", at + timedelta(days=self.random.uniform(2, 20)), detail
            )
        elif path == "charge":
            self.happen(story, "SUSPECT_CHARGED", at + timedelta(days=1), story.row["offence_title"])
        if path in ("rui", "release") and self.random.random() < 0.5:
            when = after + timedelta(days=self.random.uniform(20, 90))
            self.happen(story, "DECISION_NOT_TO_PROSECUTE", when, self.random.choice(["Police", "CPS"]))

    def happen(
        self, story: Story, kind: str, at: datetime, detail: str = "", *, learned: timedelta | None = None
    ) -> None:
        """Add an event, unless it would lie in the future. Heard of the same day, mostly."""
        if at > self.now:
            return
        late = learned or timedelta(
            hours=self.random.choices([0.5, 8, 40], [75, 19, 6])[0] * self.random.random()
        )
        self.events += 1
        story.events.append(Happened(f"E{self.events:09d}", kind, at, min(at + late, self.now), detail))

    def _offence(self, code: object) -> tuple:
        if code:
            return next(offence for offence in words.OFFENCES if offence[0] == code)
        return self.random.choices(words.OFFENCES, [offence[3] for offence in words.OFFENCES])[0]

    def _person(self, wanted: dict[str, object], *, may_be_known: bool) -> dict[str, str]:
        pick = self.random
        if self.known and may_be_known and not wanted and pick.random() < 0.1:  # harmed before
            return dict(pick.choice(self.known[-20_000:]))
        sex = self._sex(wanted)
        welsh = bool(wanted.get("welsh", pick.random() < 0.07))
        language = (
            "cy" if welsh else pick.choices(["en", "pl", "ro", "ur", "ar", "bn"], [94, 2, 1, 1, 1, 0.6])[0]
        )
        town, authority, area, outward, wards, _ = pick.choices(words.PLACES, [p[5] for p in words.PLACES])[0]
        age = int(wanted["age"]) if "age" in wanted else int(min(94, max(4, pick.gauss(38, 17))))  # type: ignore[call-overload]
        born = self.now.date() - timedelta(days=round(age * 365.25) + pick.randint(10, 350))
        person = {
            "person_id": f"P{self.count:08d}",
            "title": {"F": pick.choice(["Ms", "Mrs", "Miss"]), "M": "Mr", "X": "Mx"}[sex],
            "given_names": str(
                wanted.get("given") or pick.choice(words.GIVEN_M if sex == "M" else words.GIVEN_F)
            ),
            "surname": str(wanted.get("surname") or pick.choice(words.SURNAMES)),
            "date_of_birth": born.isoformat(),
            "sex": sex,
            "ethnicity": pick.choices(["W1", "W9", "A1", "A2", "B1", "M1", "NS"], [83, 4, 3, 3, 2, 2, 3])[0],
            "language": language,
            "welsh_preference": "Y" if welsh else pick.choice(["", "N", "N"]),
            "interpreter_language": language if language not in ("en", "cy") and pick.random() < 0.6 else "",
            "disability": pick.choices(
                ["", "PHYSICAL", "MENTAL_HEALTH", "LEARNING", "SENSORY"], [82, 6, 8, 2, 2]
            )[0],
            "address_line_1": f"{pick.randint(1, 180)} {pick.choice(words.STREETS)}",
            "address_line_2": "",
            "town": town,
            "postcode": f"{pick.choice(outward)} {pick.randint(1, 9)}{pick.choice('ABDEFGHJLN')}{pick.choice('PQRSTUWXYZ')}",
            "phone_mobile": f"07700 900{pick.randint(0, 999):03d}" if wanted or pick.random() < 0.88 else "",
            "phone_home": f"01632 960{pick.randint(0, 999):03d}" if pick.random() < 0.2 else "",
            "email": f"p{self.count}@example.org" if pick.random() < 0.62 else "",
            "local_authority": authority,
            "policing_area": area,
            "ward": pick.choice(wards),
        }
        self.known.append(person)
        return person

    def _sex(self, wanted: dict[str, object]) -> str:
        if "given" in wanted:  # a woman whom the guide follows
            return "F"
        return (self.another if wanted else self.random).choices("FMX", [54, 45, 1])[0]

    def _crime(self, story: Story, code: str, title: str, cjs: str, flags: set[str]) -> dict[str, str]:
        collar, name, team = self.random.choice(self.officers)
        reported = story.recorded_at - timedelta(minutes=self.random.randint(2, 300))
        committed = (reported - timedelta(hours=self.random.choice([1, 2, 6, 30]))).date().isoformat()
        return {
            "source_system": "RMS",
            "occurrence_no": story.occurrence_no,
            "role": "VICTIM",
            "recorded_at": story.recorded_at.isoformat(timespec="minutes"),
            "reported_at": reported.isoformat(timespec="minutes"),
            "offence_from": committed,
            "offence_to": committed,
            "offence_code": code,
            "offence_title": title,
            "cjs_code": cjs,
            "flags": ";".join(sorted(flags)),
            "location": self.random.choice(words.STREETS),
            "oic_collar": collar,
            "oic_name": name,
            "oic_email": f"{collar}@police.example",
            "team": team,
            "consent_to_refer": self.random.choices(["Y", "N", "U"], [72, 7, 21])[0],
            "vps_offered": self.random.choices(["Y", "N", ""], [40, 20, 40])[0],
            "restricted": "Y" if self.random.random() < 0.002 else "N",
        }

    def _safe(self, story: Story, flags: set[str]) -> dict[str, str]:
        pick = self.random
        if not story.is_flagged:
            return dict.fromkeys(
                (
                    "safe_to_call",
                    "safe_to_text",
                    "safe_to_email",
                    "safe_to_post",
                    "safe_to_voicemail",
                    "risk_level",
                ),
                "",
            )
        is_abuse = "DA" in flags
        return {
            "safe_to_call": pick.choices(["Y", "N", ""], [72, 8, 20])[0],
            "safe_to_text": pick.choices(["Y", "N", ""], [50, 25, 25])[0],
            "safe_to_email": pick.choices(["Y", "N", ""], [50, 10, 40])[0],
            "safe_to_post": pick.choices(["Y", "N", ""], [40, 40, 20])[0],
            "safe_to_voicemail": pick.choices(["Y", "N", ""], [10, 65, 25])[0],
            "safe_contact_note": pick.choice(words.NOTES) if pick.random() < 0.3 else "",
            "risk_tool": "DARA" if is_abuse else "",
            "risk_level": pick.choices(["STANDARD", "MEDIUM", "HIGH"], [66, 25, 9])[0] if is_abuse else "",
        }

    def _suspect(
        self, story: Story, row: dict[str, str], is_known: bool, flags: set[str], wanted: dict[str, object]
    ) -> dict[str, str]:
        pick = self.random
        nobody = dict.fromkeys(
            (
                "suspect_ref",
                "suspect_name",
                "suspect_address",
                "suspect_postcode",
                "suspect_phone",
                "relationship_to_suspect",
            ),
            "",
        )
        if not wanted.get("suspect", pick.random() < (0.9 if is_known else 0.45)):
            return nobody
        before = self.suspects.get(row["person_id"]) if is_known and pick.random() < 0.7 else None
        same_home = bool(wanted.get("same_home", "DA" in flags and pick.random() < 0.2))
        who = before or {
            "suspect_ref": f"S{self.count:08d}",
            "suspect_name": f"{pick.choice(words.GIVEN_M)} {pick.choice(words.SURNAMES)}",
            "suspect_address": row["address_line_1"]
            if same_home
            else f"{pick.randint(200, 380)} {pick.choice(words.STREETS)}",
            "suspect_postcode": row["postcode"] if same_home else "",
            "suspect_phone": "",
        }
        if is_known:
            self.suspects[row["person_id"]] = who
        relationship = (
            pick.choice(["PARTNER", "EX_PARTNER", "FAMILY"])
            if "DA" in flags
            else pick.choice(RELATIONSHIPS)
            if is_known
            else "STRANGER"
        )
        return who | {"relationship_to_suspect": relationship}

    def _acting_for(self, story: Story) -> dict[str, str]:
        keep = ("source_system", "occurrence_no", "recorded_at", "reported_at", "offence_from", "offence_to",
                "offence_code", "offence_title", "cjs_code", "flags", "location", "ward", "local_authority",
                "policing_area", "surname", "language", "welsh_preference", "address_line_1", "town", "postcode",
                "oic_collar", "oic_name", "oic_email", "team", "restricted", "suspect_ref", "suspect_name",
                "suspect_address", "suspect_postcode", "suspect_phone")  # fmt: skip
        is_man = self.another.random() < 0.4
        return {column: story.row[column] for column in keep} | {
            "person_id": f"R{self.count:08d}",
            "role": "REPRESENTATIVE",
            "acts_for_person_id": story.person_id,
            "title": "Mr" if is_man else "Ms",
            "given_names": self.random.choice(words.GIVEN_M if is_man else words.GIVEN_F),
            "sex": "M" if is_man else "F",
            "phone_mobile": f"07700 900{self.random.randint(0, 999):03d}",
        }


def _age(born: str, on: date) -> int:
    birth = date.fromisoformat(born)
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def referrals_csv(stories: Iterable[Story]) -> bytes:
    """The referrals extract of these stories: each representative first, then the victim."""
    rows = [
        row
        for story in stories
        for row in ([story.representative] if story.representative else []) + [story.row]
    ]
    return _csv(rows)


def events_csv(stories: Iterable[Story]) -> bytes:
    """The events extract of these stories."""
    return _csv(
        [
            {
                "source_system": "RMS",
                "event_id": event.id,
                "occurrence_no": story.occurrence_no,
                "suspect_ref": story.row["suspect_ref"],
                "kind": event.kind,
                "occurred_at": event.at.isoformat(timespec="minutes"),
                "learned_at": (event.learned_at + timedelta(minutes=1)).isoformat(timespec="minutes"),
                "detail": event.detail,
            }
            for story in stories
            for event in story.events
        ]
    )


def _csv(rows: list[dict[str, str]]) -> bytes:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()

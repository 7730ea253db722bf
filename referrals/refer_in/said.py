"""What somebody said when they asked for support, as plain values ready for the actions. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, override

from victimcare.cases.safe_contact import phone_key

YES, NO, NOT_SURE = "yes", "no", "not_sure"

# What happened, in the words of the form, and the flag that the rules of triage know it by.
KINDS: dict[str, tuple[Promise, str]] = {
    "domestic_abuse": (gettext_lazy("Domestic abuse"), "DA"),
    "sexual": (gettext_lazy("Rape or another sexual offence"), "RASSO"),
    "stalking": (gettext_lazy("Stalking or harassment"), "STALKING"),
    "hate": (gettext_lazy("Hate crime"), "HATE"),
    "exploitation": (gettext_lazy("Slavery, trafficking or forced work"), "MSHT"),
    "honour": (gettext_lazy("Forced marriage or so-called honour-based abuse"), "HBA"),
    "violence": (gettext_lazy("Violence or threats"), ""),
    "death": (gettext_lazy("The death of somebody close"), "HOMICIDE"),
    "burglary": (gettext_lazy("Burglary, robbery or theft"), ""),
    "damage": (gettext_lazy("Damage to a home or property"), ""),
    "fraud": (gettext_lazy("Fraud or a scam"), ""),
    "online": (gettext_lazy("Something online"), "CYBER"),
    "asb": (gettext_lazy("Anti-social behaviour"), "ASB"),
    "other": (gettext_lazy("Something else"), ""),
}

# When somebody may be rung: the hours that are kept with their answers. None for any time.
HOURS: dict[str, tuple[Promise, tuple[time, time] | None]] = {
    "any": (gettext_lazy("Any time from 9 to 5, Monday to Friday"), None),
    "morning": (gettext_lazy("Only from 9 to 12"), (time(9), time(12))),
    "school": (gettext_lazy("Only from 9:30 to 2:30"), (time(9, 30), time(14, 30))),
    "afternoon": (gettext_lazy("Only from 12 to 5"), (time(12), time(17))),
}
CHANNELS = ("phone", "text", "email", "post")

UNTOLD = "They would rather not say yet"  # the offence's title, where somebody ticked nothing


def is_untold(*, offence_code: str, offence_title: str, flags: Collection[str]) -> bool:
    """Whether nobody has said yet what happened, not even roughly."""
    return not offence_code and not flags and offence_title in ("", UNTOLD, "Something else")


@dataclass(frozen=True)
class Said:
    """A person, how they are safely reached, and what happened: fields of rows by their names."""

    person: dict[str, Any]
    safe: dict[str, Any]
    title: str  # of the offence, in English as all of them are
    flags: tuple[str, ...] = ()
    relationship: str = ""
    words: str = ""
    reported_on: date | None = None
    occurrence_no: str = ""

    @property
    def name(self) -> str:
        return f"{self.person['given_names']} {self.person['surname']}".strip()


@dataclass(frozen=True)
class Agreement:
    """That the victim agreed to be referred: when, and how they said so."""

    on: date
    how: str = field(default="")


def said_in(answers: Mapping[str, Any]) -> Said:
    """The cleaned answers of the form as fields of rows."""
    return Said(
        person=_person(answers),
        safe=_safe(answers),
        title=_title(answers["kinds"]),
        flags=tuple(dict.fromkeys(flag for kind in answers["kinds"] if (flag := KINDS[kind][1]))),
        relationship=answers["who_did_it"],
        words=answers["words"],
        reported_on=answers["reported_on"] if answers["reported"] == YES else None,
        occurrence_no=answers.get("occurrence_no", ""),
    )


def _person(answers: Mapping[str, Any]) -> dict[str, Any]:
    ways, number, language = answers["ways"], answers["phone"], answers["language"]
    number = number if {"phone", "text"} & set(ways) else ""
    other = answers["other_language"] if language == "other" else ""
    is_mobile = phone_key(number).startswith("07")
    by_post = "post" in ways
    return {
        "given_names": answers["given_names"],
        "surname": answers["surname"],
        "date_of_birth": answers["date_of_birth"],
        "phone_mobile": number if is_mobile else "",
        "phone_home": "" if is_mobile else number,
        "email": answers["email"] if "email" in ways else "",
        "address_line_1": answers["address_line_1"] if by_post else "",
        "town": answers["town"] if by_post else "",
        "postcode": answers["postcode"].upper()[:10] if by_post else "",
        "language": other or language,
        "prefers_welsh": language == "cy",
        "interpreter_language": other,
    }


def _safe(answers: Mapping[str, Any]) -> dict[str, Any]:
    """A way that was not ticked is one they said no to; a message is left only where they said yes."""
    ways = answers["ways"]
    is_rung = "phone" in ways
    hours = HOURS[answers["hours"]][1] if is_rung and answers["hours"] else None
    has_secret = answers["secret"] == YES
    return {
        **{channel: "Y" if channel in ways else "N" for channel in CHANNELS},
        "voicemail": "Y" if is_rung and answers["voicemail"] == YES else "N",
        "call_from": hours[0] if hours else None,
        "call_until": hours[1] if hours else None,
        "withhold_number": has_secret or answers["hide_number"] == YES,
        "code_word": answers["code_word"],
        "note": answers["secret_note"] if has_secret else "",
        "address_is_protected": has_secret,
    }


def _title(kinds: list[str]) -> str:
    with override("en-gb"):
        said = ", ".join(str(KINDS[kind][0]) for kind in kinds)
        return (said or UNTOLD)[:160]

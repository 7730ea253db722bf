"""The words of a letter: dates in both languages, placeholders filled, text cut into blocks. Pure.

A placeholder is a name in braces from the allow-list below. Whatever is put in its place is plain text: it is
never read again for placeholders, and the page escapes it.
"""

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from django.utils.translation import gettext as _

from victimcare.cases.kinds import Kind
from victimcare.faults import Refused

LANGUAGES = ("en", "cy")
Value = str | date | time | Mapping[str, str]

PLACEHOLDERS = frozenset(
    {
        "first_name",
        "reference",
        "crime_number",
        "offence",
        "officer",
        "phone",
        "unit",
        "court",
        "courtroom",
        "hearing",
        "hearing_day",
        "hearing_time",
        "reported_day",
        "what_happened",
        "outcome",
        "sentence",
        "result_day",
        "reply_by",
    }
)
_BRACES = re.compile(r"\{([^{}]*)\}")

# What stands on every letter, whichever its template.
FIXED = {
    "en": {
        "dear": "Dear",
        "reference": "Our reference",
        "ring": "Ring",
        "closing": "Yours sincerely",
        "welcome": "We welcome letters and calls in Welsh. Writing in Welsh will not lead to delay.",
    },
    "cy": {
        "dear": "Annwyl",
        "reference": "Ein cyfeirnod",
        "ring": "Ffôn",
        "closing": "Yn gywir",
        "welcome": "Rydym yn croesawu gohebiaeth a galwadau yn Gymraeg. "
        "Ni fydd ysgrifennu yn Gymraeg yn arwain at oedi.",
    },
}

WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "cy": ("Llun", "Mawrth", "Mercher", "Iau", "Gwener", "Sadwrn", "Sul"),
}
MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ),
    "cy": (
        "Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin", "Gorffennaf", "Awst", "Medi", "Hydref",
        "Tachwedd", "Rhagfyr",
    ),
}  # fmt: skip


def day_in(language: str, day: date) -> str:
    """Monday 11 January 2027; dydd Llun 11 Ionawr 2027."""
    weekday = WEEKDAYS[language][day.weekday()]
    named = f"dydd {weekday}" if language == "cy" else weekday
    return f"{named} {day.day} {MONTHS[language][day.month - 1]} {day.year}"


def on_day(language: str, day: date) -> str:
    """On Monday 11 January 2027; Ar ddydd Llun 11 Ionawr 2027 (dydd becomes ddydd after ar)."""
    return ("Ar d" if language == "cy" else "On ") + day_in(language, day)


def in_language(language: str, value: Value) -> str:
    """One value as this language says it. A plain text is the same in both."""
    if isinstance(value, date):
        return day_in(language, value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return value if isinstance(value, str) else value[language]


def fill(text: str, language: str, values: Mapping[str, Value]) -> str:
    """The text with each placeholder filled, once.

    Raises Refused naming a placeholder that is not on the list, or one that nobody gave a value.
    """

    def filled(found: re.Match[str]) -> str:
        name = found[1]
        if name not in PLACEHOLDERS:
            raise Refused(
                _("The template asks for {%s}, which no letter may hold. Mend the template.") % name
            )
        value = in_language(language, values.get(name, "")).strip()
        if not value:
            raise Refused(_("This letter needs {%s}. Give it, or choose another letter.") % name)
        return value

    if "{" in _BRACES.sub("", text) or "}" in _BRACES.sub("", text):
        raise Refused(_("The template has a brace without its pair. Mend the template."))
    return _BRACES.sub(filled, text)


def blocks(text: str) -> list[dict[str, Any]]:
    """The text cut at its empty lines: `## ` begins a heading, `| label: value` facts, `- ` a point."""
    cut: list[dict[str, Any]] = []
    for part in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in part.splitlines() if line.strip()]
        if not lines:
            continue
        if lines[0].startswith("## "):
            cut.append({"kind": "heading", "text": lines.pop(0)[3:]})
            if not lines:
                continue
        if all(line.startswith("| ") for line in lines):
            facts = [line[2:].partition(": ") for line in lines]
            cut.append({"kind": "facts", "facts": [[label, value] for label, _colon, value in facts]})
        elif all(line.startswith("- ") for line in lines):
            cut.append({"kind": "points", "points": [line[2:] for line in lines]})
        else:
            cut.append({"kind": "paragraph", "text": " ".join(lines)})
    return cut


# What a letter may say of an event, by kind. {on} is the day; the others come from the event's own data.
TOLD: dict[str, dict[str, str]] = {
    Kind.NOT_INVESTIGATED: {
        "en": "{on} the police decided not to investigate further.",
        "cy": "{on} penderfynodd yr heddlu beidio ag ymchwilio ymhellach.",
    },
    Kind.SUSPECT_ARRESTED: {
        "en": "{on} a suspect was arrested.",
        "cy": "{on} cafodd person dan amheuaeth ei arestio.",
    },
    Kind.SUSPECT_INTERVIEWED: {
        "en": "{on} a suspect was interviewed under caution.",
        "cy": "{on} cafodd person dan amheuaeth ei gyfweld dan rybudd.",
    },
    Kind.SUSPECT_RELEASED_NO_CHARGE: {
        "en": "{on} a suspect was released without charge.",
        "cy": "{on} cafodd person dan amheuaeth ei ryddhau heb gyhuddiad.",
    },
    Kind.SUSPECT_BAILED: {
        "en": "{on} a suspect was released on bail while the police carry on with the investigation.",
        "cy": "{on} cafodd person dan amheuaeth ei ryddhau ar fechnïaeth tra bo'r heddlu'n parhau "
        "â'r ymchwiliad.",
    },
    Kind.SUSPECT_RELEASED_UNDER_INVESTIGATION: {
        "en": "{on} a suspect was released under investigation. The police are still investigating. "
        "There are no bail conditions.",
        "cy": "{on} cafodd person dan amheuaeth ei ryddhau dan ymchwiliad. Mae'r heddlu'n dal i ymchwilio. "
        "Nid oes amodau mechnïaeth.",
    },
    Kind.BAIL_CHANGED: {
        "en": "{on} a suspect's bail conditions were changed.",
        "cy": "{on} newidiwyd amodau mechnïaeth person dan amheuaeth.",
    },
    Kind.SUSPECT_CHARGED: {
        "en": "{on} a suspect was charged.",
        "cy": "{on} cafodd person dan amheuaeth ei gyhuddo.",
    },
    Kind.OUT_OF_COURT_DISPOSAL: {
        "en": "{on} it was decided to deal with the crime without going to court. "
        "Ring us and we will explain.",
        "cy": "{on} penderfynwyd delio â'r drosedd heb fynd i'r llys. Ffoniwch ni a byddwn yn esbonio.",
    },
    Kind.DECISION_NOT_TO_PROSECUTE: {
        "en": "{on} it was decided not to prosecute. You can ask for that decision to be looked at again. "
        "Ring us and we will tell you why it was made and how to ask.",
        "cy": "{on} penderfynwyd peidio ag erlyn. Gallwch ofyn i rywun ailedrych ar y penderfyniad hwnnw. "
        "Ffoniwch ni a byddwn yn dweud wrthych pam y cafodd ei wneud a sut mae gofyn.",
    },
    Kind.INVESTIGATION_CLOSED_NO_SUSPECT: {
        "en": "{on} the police closed the investigation because no suspect was found. "
        "They can open it again if there is new evidence.",
        "cy": "{on} caeodd yr heddlu'r ymchwiliad am na ddaethpwyd o hyd i neb. "
        "Gallant ei ailagor os daw tystiolaeth newydd.",
    },
    Kind.HEARING_LISTED: {
        "en": "A court hearing has been listed at {court} on {listed_on}.",
        "cy": "Mae gwrandawiad llys wedi'i restru yn {court} ar d{listed_on}.",
    },
    Kind.HEARING_MOVED: {
        "en": "The court hearing has been moved. It is now at {court} on {listed_on}.",
        "cy": "Mae'r gwrandawiad llys wedi'i symud. Bydd bellach yn {court} ar d{listed_on}.",
    },
    Kind.WITNESS_REQUIRED: {
        "en": "You are needed at court to give evidence.",
        "cy": "Mae eich angen yn y llys i roi tystiolaeth.",
    },
    Kind.WITNESS_NOT_REQUIRED: {
        "en": "You are not needed at court to give evidence.",
        "cy": "Nid oes eich angen yn y llys i roi tystiolaeth.",
    },
}


def told(kind: str, occurred_on: date, data: Mapping[str, Any]) -> dict[str, str]:
    """What happened, in each language. Raises Refused for a kind that needs its own letter."""
    if kind not in TOLD:
        raise Refused(
            _("This letter cannot tell “%s”. Choose the letter made for it, or ring.") % Kind(kind).label
        )
    sentences = {}
    for language, sentence in TOLD[kind].items():
        court = str(data.get("court", ""))
        sentences[language] = sentence.format_map(
            {
                "on": on_day(language, occurred_on),
                "court": str(data.get("court_cy") or court) if language == "cy" else court,
                "listed_on": _listed_on(language, data),
            }
        )
    return sentences


# A withdrawal says what was told before and was not so.
TAKEN_BACK = {
    "en": "We told you: “%s” That was wrong: it did not happen. We are sorry.",
    "cy": "Dywedon ni wrthych: “%s” Roedd hynny'n anghywir: ni ddigwyddodd. Mae'n ddrwg gennym.",
}


def told_of(event: Any) -> dict[str, str]:
    """What this event says, in each language; one that never happened takes back what was told. Raises Refused."""
    undone = event.replaces if event.kind == Kind.WITHDRAWN else None
    if undone is None:
        return told(event.kind, event.occurred_on, event.data)
    before = told_of(undone)
    return {language: TAKEN_BACK[language] % sentence for language, sentence in before.items()}


def _listed_on(language: str, data: Mapping[str, Any]) -> str:
    listed_on = data.get("listed_on")
    return day_in(language, date.fromisoformat(str(listed_on))) if listed_on else ""

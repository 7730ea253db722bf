"""The words an officer may use, in the victim's language: read from say.toml, which people review."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

from victimcare.cases.kinds import Kind
from victimcare.letters.words import on_day

FILE = Path(__file__).with_name("say.toml")
LANGUAGES = ("en", "cy")


@lru_cache(maxsize=1)
def spoken() -> Mapping[str, Mapping[str, str]]:
    """The words by kind of event and language. Raises ValueError for a kind that is not one, or half an entry."""
    found = tomllib.loads(FILE.read_text("utf-8"))
    for kind, words in found.items():
        if kind not in Kind or not all(words.get(language) for language in LANGUAGES):
            raise ValueError(f"say.toml: {kind} is not a kind of event with words in both languages.")
    return found


def what_to_say(kind: str, occurred_on: date, language: str) -> str:
    """What to say of one event; "" for a kind nobody wrote words for."""
    words = spoken().get(kind)
    return words[language].replace("{on}", on_day(language, occurred_on)) if words else ""

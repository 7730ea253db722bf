"""What a supervisor chose and has not saved yet, across the pages of one list. Kept with their session."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from victimcare.http import Request

AT_MOST = 2000

# By reference: the officer chosen, and the version of the row that was shown, where it was.
Chosen = dict[str, tuple[int, int | None]]


@dataclass
class Draft:
    """The choices of one list. Other lists have others."""

    name: str  # which list
    chosen: Chosen = field(default_factory=dict)
    reason: str = ""  # why they change hands, as far as it is typed

    def keep(self, request: Request) -> None:
        for name, value in ((self.name, self.chosen), (self._of_reason, self.reason)):
            if value:
                request.session[name] = value
            else:
                request.session.pop(name, None)

    def clear(self, request: Request) -> None:
        self.chosen, self.reason = {}, ""
        self.keep(request)

    @property
    def _of_reason(self) -> str:
        return f"{self.name}-reason"


def draft_of(request: Request, name: str) -> Draft:
    kept = request.session.get(name, {})
    draft = Draft(name, {key: (officer, version) for key, (officer, version) in kept.items()})
    draft.reason = request.session.get(draft._of_reason, "")
    return draft


@dataclass
class Posted:
    """One page of a list as it came back: what was shown on it, what was ticked, whom each was given."""

    shown: dict[str, int]  # reference: version
    ticked: list[str]
    officers: dict[str, int]

    @property
    def undecided(self) -> list[str]:
        """Ticked, and nobody chosen."""
        return [key for key in self.ticked if key not in self.officers]

    def into(self, draft: Draft) -> None:
        """This page's ticks take the place of what the draft said of its rows; other pages' stay."""
        for key in self.shown:
            draft.chosen.pop(key, None)
        for key in self.ticked:
            if key in self.officers and len(draft.chosen) < AT_MOST:
                draft.chosen[key] = (self.officers[key], self.shown.get(key))


def posted(data: Any) -> Posted:
    """What the form says. Whatever is not one of our answers is left out."""
    shown: dict[str, int] = {}
    for value in data.getlist("shown"):
        key, _colon, version = value.partition(":")
        if _is_number(version):
            shown[key] = int(version)
    ticked = list(dict.fromkeys(data.getlist("referral")))
    officers = {key: int(said) for key in ticked if _is_number(said := data.get(f"officer-{key}", ""))}
    return Posted(shown, ticked, officers)


def select_all(draft: Draft, proposed: Iterable[tuple[str, int, int]]) -> None:
    """Choose every one of these as proposed; what was chosen by hand already stays."""
    for key, officer, version in proposed:
        draft.chosen.setdefault(key, (officer, version))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 18

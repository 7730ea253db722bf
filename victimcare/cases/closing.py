"""What is not finished when somebody is closed. The apps above say it; this storey knows none of them.

An app that has something to say registers a question in its `AppConfig.ready`:

    closing.before_closing(promises_open)

Each answers with loose ends: what is left, and for which closure reasons it must be finished first.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from victimcare.cases.models import Participant


@dataclass(frozen=True)
class LooseEnd:
    """One thing not done yet, and what becomes of it once they are closed. `stops` are the closure reasons that
    it stops, unless somebody says why.
    """

    text: str
    due_on: date | None = None
    url: str = ""
    stops: frozenset[str] = frozenset()
    afterwards: str = ""


Asks = Callable[[Participant], Iterable[LooseEnd]]
_ASKED: list[Asks] = []


def before_closing(ask: Asks) -> Asks:
    """Ask this before anybody is closed. Once each, however often an app starts."""
    if ask not in _ASKED:
        _ASKED.append(ask)
    return ask


def loose_ends(participant: Participant) -> list[LooseEnd]:
    """Everything that is not finished, what has a date first and soonest."""
    found = [end for ask in _ASKED for end in ask(participant)]
    return sorted(found, key=lambda end: (end.due_on is None, end.due_on or date.max))

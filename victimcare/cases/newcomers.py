"""What the apps above keep beside a victim whom somebody adds by hand. This storey knows none of them.

An app that has something to keep registers what makes its rows in its `AppConfig.ready`:

    newcomers.with_each(referral_of)

It is asked before anything is kept: the part, its case and its person may be without a number. It answers with rows
that are not kept yet, which are inserted in the same statement. Whoever comes in any other way is its sweep's.
"""

from collections.abc import Callable, Iterable

from django.db import models

from victimcare.cases.models import Participant

Makes = Callable[[Participant], Iterable[models.Model]]
_MAKES: list[Makes] = []


def with_each(make: Makes) -> Makes:
    """Ask this of every victim who is added by hand. Once each, however often an app starts."""
    if make not in _MAKES:
        _MAKES.append(make)
    return make


def rows_beside(part: Participant) -> list[models.Model]:
    """Everything that is kept beside this new victim; nothing beside anybody else."""
    return [row for make in _MAKES for row in make(part)] if part.is_victim else []

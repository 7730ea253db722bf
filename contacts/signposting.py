"""The services somebody can be pointed to. They are kept by an app beside ours, which offers their names."""

from collections.abc import Callable

_offered: list[Callable[[], list[str]]] = []
AT_MOST = 60


def services_from(names: Callable[[], list[str]]) -> None:
    """A directory of services: a question of one query. Called in `AppConfig.ready` of an app above."""
    if names not in _offered:
        _offered.append(names)


def services() -> list[str]:
    """The names of the services on file, in their order."""
    return [name for names in _offered for name in names()][:AT_MOST]

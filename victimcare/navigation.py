"""What an app offers in the navigation. Each app exports tuples of these in its `navigation.py`; desk joins them."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class NavItem:
    """A place in the primary navigation, shown to those who hold the permission (a name, see `Permission`)."""

    label: str | Promise
    url_name: str
    permission: str
    order: int


@dataclass(frozen=True)
class CaseTab:
    """A page of one victim's or witness's case. `url_name` takes the case's and the participant's references."""

    label: str | Promise
    url_name: str
    permission: str
    order: int


@dataclass(frozen=True)
class Link:
    """A navigation item or tab as a template shows it."""

    label: str | Promise
    url: str
    is_current: bool

"""What the people of the unit offer in the navigation."""

from django.utils.translation import gettext_lazy as _

from victimcare.accounts.permissions import Permission
from victimcare.navigation import CaseTab, NavItem

NAVIGATION: tuple[NavItem, ...] = (
    NavItem(_("Administration"), "accounts:people", Permission.VIEW_PEOPLE_OF_THE_UNIT, 60),
)
CASE_TABS: tuple[CaseTab, ...] = ()

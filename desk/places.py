"""What desk itself offers in the navigation."""

from victimcare.navigation import CaseTab, NavItem

NAVIGATION: tuple[NavItem, ...] = ()
CASE_TABS: tuple[CaseTab, ...] = ()

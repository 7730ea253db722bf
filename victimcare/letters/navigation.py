from victimcare.navigation import CaseTab, NavItem

NAVIGATION: tuple[NavItem, ...] = ()
CASE_TABS: tuple[CaseTab, ...] = ()

from victimcare.navigation import CaseTab, NavItem

# The Code is reached from the dashboard and from each explained date.
NAVIGATION: tuple[NavItem, ...] = ()
CASE_TABS: tuple[CaseTab, ...] = ()

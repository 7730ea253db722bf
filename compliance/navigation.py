from victimcare.navigation import CaseTab, NavItem

# The Code is reached from the dashboard and from each explained date; breaches and what waits to be excused from
# Today, the dashboard and each duty.
NAVIGATION: tuple[NavItem, ...] = ()
CASE_TABS: tuple[CaseTab, ...] = ()

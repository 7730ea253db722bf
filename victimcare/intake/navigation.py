from victimcare.navigation import CaseTab, NavItem

NAVIGATION: tuple[NavItem, ...] = ()  # reached from Referrals
CASE_TABS: tuple[CaseTab, ...] = ()

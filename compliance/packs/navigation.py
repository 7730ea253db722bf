from victimcare.navigation import CaseTab, NavItem

# Packs are reached from the dashboard, the evidence of a case from its page of rights.
NAVIGATION: tuple[NavItem, ...] = ()
CASE_TABS: tuple[CaseTab, ...] = ()

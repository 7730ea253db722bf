"""What desk itself offers in the navigation."""

from django.utils.translation import gettext_lazy as _

from victimcare.accounts.permissions import Permission
from victimcare.navigation import CaseTab, NavItem

NAVIGATION: tuple[NavItem, ...] = (
    NavItem(_("Today"), "desk:today", Permission.USE_TODAY, 10),
    NavItem(_("Tell victims"), "desk:minute", Permission.TELL_VICTIMS, 15),
    NavItem(_("Cases"), "desk:cases", Permission.VIEW_CASE, 20),
    NavItem(_("Somebody is ringing"), "desk:calls", Permission.TAKE_CALL, 25),
    NavItem(_("Dashboards"), "desk:dashboard", Permission.VIEW_DASHBOARD, 50),
)
CASE_TABS: tuple[CaseTab, ...] = (
    CaseTab(_("Summary"), "desk:summary", Permission.VIEW_CASE, 10),
    CaseTab(_("Timeline"), "desk:timeline", Permission.VIEW_TIMELINE, 20),
    CaseTab(_("Rights"), "desk:rights", Permission.VIEW_RIGHTS, 50),
    CaseTab(_("Who looked"), "desk:who-looked", Permission.VIEW_ACCESS, 90),
)

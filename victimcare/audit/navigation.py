"""What the access log offers in the navigation. It names its permission in words: this app knows no roles."""

from django.utils.translation import gettext_lazy as _

from victimcare.navigation import CaseTab, NavItem

NAVIGATION: tuple[NavItem, ...] = (NavItem(_("Who looked"), "audit:log", "view_access_log", 55),)
CASE_TABS: tuple[CaseTab, ...] = ()

from django.utils.translation import gettext_lazy as _

from victimcare.accounts.permissions import Permission
from victimcare.navigation import CaseTab, NavItem

NAVIGATION: tuple[NavItem, ...] = (NavItem(_("Court"), "courts:hearings", Permission.VIEW_HEARINGS, 30),)
CASE_TABS: tuple[CaseTab, ...] = (CaseTab(_("Court"), "courts:case", Permission.VIEW_COURT, 60),)

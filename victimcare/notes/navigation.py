from django.utils.translation import gettext_lazy as _

from victimcare.accounts.permissions import Permission
from victimcare.navigation import CaseTab, NavItem

NAVIGATION: tuple[NavItem, ...] = ()
CASE_TABS: tuple[CaseTab, ...] = (CaseTab(_("Notes and files"), "notes:list", Permission.VIEW_NOTES, 75),)

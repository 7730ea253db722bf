from django.utils.translation import gettext_lazy as _

from victimcare.accounts.permissions import Permission
from victimcare.navigation import CaseTab, NavItem

NAVIGATION: tuple[NavItem, ...] = (
    NavItem(_("Complaints"), "contacts:complaints", Permission.HANDLE_COMPLAINTS, 47),
)
CASE_TABS: tuple[CaseTab, ...] = (
    CaseTab(_("Contacts and plan"), "contacts:list", Permission.VIEW_CONTACTS, 30),
)

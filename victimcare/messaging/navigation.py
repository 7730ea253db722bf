from django.utils.translation import gettext_lazy as _

from victimcare.accounts.permissions import Permission
from victimcare.navigation import CaseTab, NavItem

NAVIGATION: tuple[NavItem, ...] = ()
CASE_TABS: tuple[CaseTab, ...] = (
    CaseTab(_("Texts and emails"), "messaging:list", Permission.VIEW_LETTERS, 75),
)

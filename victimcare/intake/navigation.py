from django.utils.translation import gettext_lazy as _

from victimcare.accounts.permissions import Permission
from victimcare.navigation import CaseTab, NavItem

# Extracts are reached from Referrals.
NAVIGATION: tuple[NavItem, ...] = (NavItem(_("Tokens"), "intake:tokens", Permission.VIEW_TOKENS, 95),)
CASE_TABS: tuple[CaseTab, ...] = ()

from django.utils.translation import gettext_lazy as _

from victimcare.accounts.permissions import Permission
from victimcare.navigation import CaseTab, NavItem

NAVIGATION: tuple[NavItem, ...] = (
    NavItem(_("Questions to you"), "cases:questions-to-me", Permission.SEE_OWN_QUESTIONS, 15),
    NavItem(_("Questions to officers"), "cases:questions", Permission.ASK_OFFICER, 45),
    NavItem(_("Safety decisions"), "cases:safety", Permission.DECIDE_SAFETY, 46),
)
CASE_TABS: tuple[CaseTab, ...] = ()

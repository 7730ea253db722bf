from django.utils.translation import gettext_lazy as _

from victimcare.accounts.permissions import Permission
from victimcare.navigation import CaseTab, NavItem

NAVIGATION: tuple[NavItem, ...] = (
    NavItem(_("Referrals"), "referrals:list", Permission.VIEW_REFERRALS, 40),
    NavItem(_("Referred to us"), "referrals:own", Permission.VIEW_OWN_REFERRALS, 40),
    NavItem(_("Refer somebody"), "referrals:from-us", Permission.REFER_IN, 45),
)
CASE_TABS: tuple[CaseTab, ...] = (CaseTab(_("Referral"), "referrals:triage", Permission.VIEW_TRIAGE, 80),)

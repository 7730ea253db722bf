from django.utils.translation import gettext_lazy as _

from victimcare.accounts.permissions import Permission
from victimcare.navigation import CaseTab, NavItem

# The Code is reached from the dashboard and from each explained date.
NAVIGATION: tuple[NavItem, ...] = (
    NavItem(_("Breaches"), "compliance:breaches", Permission.WORK_BREACHES, 48),
)
CASE_TABS: tuple[CaseTab, ...] = ()

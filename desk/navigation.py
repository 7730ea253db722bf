"""The navigation, joined from what each app offers. desk is the one roof over them."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from compliance import navigation as compliance
from compliance.packs import navigation as packs
from contacts import navigation as contacts
from courts import navigation as courts
from desk import places
from needs_assessments import navigation as needs_assessments
from referrals import navigation as referrals
from victimcare.accounts import navigation as accounts
from victimcare.audit import navigation as audit
from victimcare.cases import navigation as cases
from victimcare.intake import navigation as intake
from victimcare.letters import navigation as letters
from victimcare.messaging import navigation as messaging
from victimcare.navigation import CaseTab, Link, NavItem
from victimcare.notes import navigation as notes

_APPS = (places, packs, compliance, courts, referrals, needs_assessments, contacts, letters, messaging, notes, intake, cases,
         accounts, audit)  # fmt: skip
NAVIGATION: list[NavItem] = sorted((i for app in _APPS for i in app.NAVIGATION), key=lambda item: item.order)
CASE_TABS: list[CaseTab] = sorted((tab for app in _APPS for tab in app.CASE_TABS), key=lambda tab: tab.order)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The primary navigation for this role, and the tabs of the case that is open."""
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"navigation": [], "case_tabs": [], "open_tab": ""}
    held = user.permissions
    items = [
        Link(item.label, url, _is_under(request.path, url))
        for item in NAVIGATION
        if item.permission in held
        for url in [reverse(item.url_name)]
    ]
    participant = getattr(request, "participant", None)
    tabs = []
    if participant is not None:
        references = (participant.case.reference, participant.reference)
        summary = reverse("desk:summary", args=references)
        for tab in CASE_TABS:
            if tab.permission in held:
                url = reverse(tab.url_name, args=references)
                is_current = request.path == url if url == summary else request.path.startswith(url)
                tabs.append(Link(tab.label, url, is_current))
    open_tab = next((tab.label for tab in tabs if tab.is_current), "")
    return {"navigation": items, "case_tabs": tabs, "open_tab": open_tab}


def _is_under(path: str, url: str) -> bool:
    return path == url if url == "/" else path.startswith(url)

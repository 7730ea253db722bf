"""A way of the rules in words: what staff read, and what its form asks."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from victimcare.cases.models import Entitlement

FLAGS = {
    "DA": gettext_lazy("Domestic abuse"),
    "RASSO": gettext_lazy("Rape and serious sexual offences"),
    "STALKING": gettext_lazy("Stalking"),
    "HATE": gettext_lazy("Hate crime"),
    "MSHT": gettext_lazy("Modern slavery or trafficking"),
    "HBA": gettext_lazy("Honour-based abuse"),
    "CSE": gettext_lazy("Child sexual exploitation"),
    "HOMICIDE": gettext_lazy("Homicide"),
    "CYBER": gettext_lazy("Online"),
}
RISKS = {
    "HIGH": gettext_lazy("High"),
    "MEDIUM": gettext_lazy("Medium"),
    "STANDARD": gettext_lazy("Standard"),
    "": gettext_lazy("Not assessed"),
}
PATTERNS = {
    "same_suspect": gettext_lazy("the same suspect as before"),
    "same_address": gettext_lazy("the same address as before"),
    "rising_harm": gettext_lazy("rising harm"),
}
SOURCES = {
    "force": gettext_lazy("the force's system"),
    "self": gettext_lazy("the victim"),
    "partner": gettext_lazy("a partner"),
    "officer": gettext_lazy("an officer"),
}
COLOURS = {1: "red", 2: "blue", 3: "grey", 4: "grey"}  # of the tag of a priority
CHANNELS = {
    "phone": gettext_lazy("Phone"),
    "text": gettext_lazy("Text"),
    "email": gettext_lazy("Email"),
    "post": gettext_lazy("Post"),
}
STATES = {
    "has_disability": gettext_lazy("has a health condition or disability"),
    "has_died": gettext_lazy("has died"),
    "is_suspect_here": gettext_lazy("is also a suspect in the same case"),
    "is_nameless_business": gettext_lazy("is a business without a named contact"),
    "has_secret": gettext_lazy("has somebody who must not know that they asked, or where they live"),
    "is_untold": gettext_lazy("has not said yet what happened"),
}


def in_words(way: Mapping[str, Any]) -> str:
    """Whom a way fits, as part of a sentence: "flagged Domestic abuse, and risk High"."""
    return _(", and ").join(_part(name, value) for name, value in way.items())


def _part(name: str, value: Any) -> str:
    if name == "everyone":
        return _("everyone")
    if name in STATES:
        return str(STATES[name])
    if name == "age_from":
        return str(_("aged %d or over") % value)
    if name == "age_below":
        return str(_("under %d") % value)
    if name == "crimes_from":
        return str(_("%d or more crimes in 12 months") % value)
    if name == "crimes_below":
        return str(_("fewer than %d crimes in 12 months") % value)
    return {
        "flags": _("flagged %s"),
        "not_flags": _("not flagged %s"),
        "offences": _("offence code %s"),
        "not_offences": _("any offence code but %s"),
        "risks": _("risk %s"),
        "not_risks": _("risk not %s"),
        "patterns": _("repeat with %s"),
        "sources": _("referred by %s"),
    }[name] % _either(name, value)


def _either(name: str, values: list[str]) -> str:
    labels = {"flags": FLAGS, "not_flags": FLAGS, "risks": RISKS, "not_risks": RISKS,
              "patterns": PATTERNS, "sources": SOURCES}.get(name, {})  # fmt: skip
    said = [str(labels.get(value, value)) for value in values]
    return said[0] if len(said) == 1 else _("%(some)s or %(last)s") % {
        "some": ", ".join(said[:-1]), "last": said[-1],
    }  # fmt: skip


def fate(priority: int, suppressed_because: str) -> str:
    """What somebody's referral came to, short: P1 to P4, or suppressed."""
    return _("Suppressed") if suppressed_because else f"P{priority}"


def rights(categories: list[str] | tuple[str, ...]) -> str:
    """Standard, or enhanced by which category."""
    if not categories:
        return _("Standard")
    labels = ", ".join(str(Entitlement.Category(name).label).lower() for name in categories)
    return _("Enhanced: %s") % labels

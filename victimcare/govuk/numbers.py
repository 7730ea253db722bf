"""What a phone number and a postcode look like, for a form and for a cell of an extract: one rule for both. Pure."""

import re

from django.utils.translation import gettext_lazy as _

NOT_A_PHONE = _("Enter a phone number like 01632 960123, with its area code.")
NOT_A_POSTCODE = _("Enter a whole postcode like NP20 4AB. For an address abroad leave it empty.")
_POSTCODE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})|GIR0AA", re.ASCII)
_NO_PART_OF_A_NUMBER = re.compile(r"[^\d\s()+.\-/]", re.ASCII)
FEWEST, MOST = 7, 15  # figures: 999 reaches nobody, and no number in the world is longer


def is_phone(text: str) -> bool:
    """Enough figures, and nothing that is no part of a number."""
    figures = re.findall(r"[0-9]", text)
    return not _NO_PART_OF_A_NUMBER.search(text) and FEWEST <= len(figures) <= MOST


def postcode_of(text: str) -> str:
    """NP20 4AB for "np204ab"; "" for what is not a whole postcode of this country."""
    found = "".join(text.split()).upper()
    return f"{found[:-3]} {found[-3:]}" if _POSTCODE.fullmatch(found) else ""

"""Where a letter goes, as a page may show it."""

from django.utils.translation import gettext as _

from victimcare.cases.models import SafeContact
from victimcare.letters.models import Letter


def lines_shown(letter: Letter) -> list[str]:
    """The lines of the address; the name alone where it is protected, for the paper alone shows that one."""
    lines: list[str] = letter.merged["lines"]
    safe = SafeContact.objects.filter(person=letter.participant.person, address_is_protected=True)
    return [*lines[:1], _("Protected address: it is on the printed letter only")] if safe.exists() else lines

"""Where a letter goes, as a page may show it."""

from django.utils.translation import gettext as _

from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.links import all_linked
from victimcare.cases.models import Person, SafeContact
from victimcare.letters.models import Letter


def lines_shown(letter: Letter) -> list[str]:
    """The lines of the address; the name alone where it is protected, for the paper alone shows that one."""
    lines: list[str] = letter.merged["lines"]
    if not is_protected(letter.participant.person):
        return lines
    return [*lines[:1], _("Protected address: it is on the printed letter only")]


def is_protected(person: Person) -> bool:
    """True where their address must be given to nobody, by this record or one linked to it."""
    answers = SafeContact.objects.filter(address_is_protected=True)
    return answers.filter(person__in=all_linked([person.pk])).exists()


def may_open_the_paper(letter: Letter, user: User) -> bool:
    """The paper carries the address: a protected one is for those alone who may know it."""
    return user.may(Permission.VIEW_PROTECTED_ADDRESS) or not is_protected(letter.participant.person)

"""Who must not be given which case: excluded from it, or somebody in it by their name or address. Reads only."""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from victimcare.accounts.models import User
from victimcare.cases.models import Exclusion, Participant

EXCLUDED = _("excluded: conflict")
NAMED = _("has the name of somebody in this case")

Conflicts = dict[int, dict[int, str | Promise]]  # by case, then by officer: why not


def conflicts_in(cases: Collection[int], officers: Iterable[User]) -> Conflicts:
    """Which of these officers must not take which of these cases, and why. Two queries however many."""
    people = {officer.pk: officer for officer in officers}
    found: Conflicts = defaultdict(dict)
    for case, officer in _namesakes(cases, people.values()):
        found[case][officer] = NAMED
    excluded = Exclusion.objects.filter(case_id__in=cases, user__in=people, lifted_at=None)
    for case, officer in excluded.values_list("case_id", "user_id"):
        found[case][officer] = EXCLUDED
    return found


def _namesakes(cases: Collection[int], officers: Iterable[User]) -> Iterable[tuple[int, int]]:
    """Officers called like a victim, witness or suspect of a case, or reached at the same email.

    Nothing else links a person of ours to a person of a crime, so a namesake counts as the same person.
    """
    by_name: dict[tuple[str, str], set[int]] = defaultdict(set)
    by_email: dict[str, set[int]] = defaultdict(set)
    surnames = set()
    for officer in officers:
        first, last = _ends(officer.display_name)
        by_name[first, last].add(officer.pk)
        surnames |= {last, officer.display_name.split()[-1].lower() if officer.display_name.split() else ""}
        if officer.email:
            by_email[officer.email.lower()].add(officer.pk)
    rows = (
        Participant.objects.filter(case_id__in=cases)
        .annotate(surname=Lower("person__surname"), email=Lower("person__email"))
        .filter(Q(surname__in=surnames - {""}) | Q(email__in=list(by_email)))
        .values_list("case_id", "person__given_names", "person__preferred_name", "surname", "email")
    )
    for case, given, preferred, surname, email in rows:
        names = {_ends(f"{given} {surname}"), _ends(f"{preferred} {surname}"), _ends(preferred)}
        for officer in by_email.get(email, set()).union(*(by_name.get(name, set()) for name in names)):
            yield case, officer


def _ends(name: str) -> tuple[str, str]:
    """The first and the last word of a name, without accents and capitals."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold().split()
    return (plain[0], plain[-1]) if plain else ("", "-")

"""By what a measure may be split: protected characteristics, place, people, and how it was told.

What no field holds is in one group, "not recorded": that share is a finding of its own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, CharField, Expression, F, Func, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Left, NullIf
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from compliance.metrics.days import london
from compliance.metrics.populations import ENDS_A_CASE, Population
from contacts.models import Contact
from victimcare.accounts.models import Team, User
from victimcare.cases import offence_groups
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Entitlement, Event, Person

NOT_RECORDED = "not_recorded"
NO_CATEGORY = "none"

Words = Callable[[], dict[str, "str | Promise"]]


@dataclass(frozen=True)
class Breakdown:
    """One way to split. `of` gives the group of a row; `words` what each group is called.

    `is_characteristic`: protected, or near to it: small numbers are always hidden. `is_of_case`: known of a
    hearing too, which has no person. `is_several`: a row may be in more groups than one.
    """

    key: str
    label: Promise
    of: Callable[[Population], Any]
    words: Words = field(default=dict)
    is_characteristic: bool = False
    is_of_case: bool = False
    is_several: bool = False
    is_collected: bool = True

    def groups(self, value: Any) -> tuple[str, ...]:
        """The groups that a row with this value is in."""
        if self.is_several:
            return tuple(value) if value else (NO_CATEGORY,)
        return (str(value) if value not in ("", None) else NOT_RECORDED,)

    def holds(self, group: str) -> Q:
        """What holds of the `group` of a row in this group."""
        if not self.is_several:
            return Q(group=group)
        return Q(group=[]) if group == NO_CATEGORY else Q(group__contains=[group])

    def names(self, groups: Iterable[str]) -> dict[str, str]:
        """These groups in words, in the order of a page: as listed, then any other, not recorded last."""
        listed = self.words()
        known = {group: str(words) for group, words in listed.items()}
        places = {group: place for place, group in enumerate(listed)}

        def place(group: str) -> tuple[int, int, str]:
            return group == NOT_RECORDED, places.get(group, len(places)), group

        return {
            group: str(_("Not recorded")) if group == NOT_RECORDED else known.get(group, group)
            for group in sorted(groups, key=place)
        }


def _known(expression: Any) -> Coalesce:
    """As it is, or not recorded where it is empty."""
    return Coalesce(
        NullIf(Cast(expression, CharField()), Value("")), Value(NOT_RECORDED), output_field=CharField()
    )


def _of_person(name: str) -> Callable[[Population], Any]:
    return lambda counted: _known(F(f"{counted.through}person__{name}"))


def _case_path(counted: Population) -> str:
    return "case__" if counted.through is None else f"{counted.through}case__"


def _of_case(name: str) -> Callable[[Population], Any]:
    return lambda counted: _known(F(_case_path(counted) + name))


def _nobody_asks(_counted: Population) -> Expression:
    return Value(NOT_RECORDED)


def _tier(counted: Population) -> Any:
    if counted.is_duty:
        return Case(
            When(enhanced_applied=True, then=Value("enhanced")),
            default=Value("standard"),
            output_field=CharField(),
        )
    latest = Entitlement.objects.filter(participant=OuterRef(_pk(counted))).order_by("-from_on", "-pk")
    said = Case(
        When(is_enhanced=True, then=Value("enhanced")), default=Value("standard"), output_field=CharField()
    )
    return Coalesce(Subquery(latest.annotate(said=said).values("said")[:1]), Value("standard"))


def _pk(counted: Population) -> str:
    return (counted.through or "") + "pk"


def _categories(counted: Population) -> Any:
    latest = Entitlement.objects.filter(participant=OuterRef(_pk(counted))).order_by("-from_on", "-pk")
    kind = Entitlement._meta.get_field("categories")
    return Coalesce(
        Subquery(latest.values("categories")[:1], output_field=kind), Value([], output_field=kind)
    )


def _offence(counted: Population) -> Case:
    code = f"{_case_path(counted)}offence_code"
    named = (
        When(**{f"{code}__in": sorted(group.classes)}, then=Value(name))
        for name, group in offence_groups.GROUPS.items()
    )
    return Case(
        *named, When(**{code: ""}, then=Value(NOT_RECORDED)), default=Value(offence_groups.OTHER),
        output_field=CharField(),
    )  # fmt: skip


AGES = (
    *(("0", 0, 11), ("12", 12, 17), ("18", 18, 24), ("25", 25, 34), ("35", 35, 44), ("45", 45, 54)),
    *(("55", 55, 64), ("65", 65, 74), ("75", 75, 150)),
)


class _AgeOn(Func):
    """Whole years from a birth to a day."""

    template = "date_part('year', age(%(expressions)s))"


def _age(counted: Population) -> Case:
    born = f"{counted.through}person__date_of_birth"
    age = _AgeOn(london(f"{_case_path(counted)}reported_at"), F(born))
    # Whoever is younger than the first day of a band's second year is below it: one comparison a band.
    named = [When(Q(_at_least(age, lowest)), then=Value(key)) for key, lowest, _highest in reversed(AGES)]
    return Case(*named, default=Value(NOT_RECORDED), output_field=CharField())


def _at_least(age: _AgeOn, lowest: int) -> Any:

    return GreaterThanOrEqual(age, Value(lowest))


ETHNICITIES = {
    "W": _("White"),
    "M": _("Mixed"),
    "A": _("Asian"),
    "B": _("Black"),
    "O": _("Other ethnic group"),
}


def _ethnicity(counted: Population) -> Case:
    """The self-defined 16+1 codes in the census's five groups. NS is not stated."""
    said = f"{counted.through}person__ethnicity"
    stated = ~Q(**{said: "NS"})
    return Case(
        When(stated & Q(**{f"{said}__regex": "^[WMABO]"}), then=Left(F(said), 1)),
        default=Value(NOT_RECORDED),
        output_field=CharField(),
    )


def _language(counted: Population) -> Case:
    said = f"{counted.through}person__language"
    return Case(
        When(**{said: ""}, then=Value(NOT_RECORDED)), When(**{f"{said}__in": ["en", "cy"]}, then=F(said)),
        default=Value("other"), output_field=CharField(),
    )  # fmt: skip


def _interpreter(counted: Population) -> Case:
    said = f"{counted.through}person__interpreter_language"
    return Case(
        When(~Q(**{said: ""}), then=Value("yes")), default=Value(NOT_RECORDED), output_field=CharField()
    )


def _welsh(counted: Population) -> Case:
    said = f"{counted.through}person__prefers_welsh"
    return Case(
        When(**{said: True}, then=Value("yes")), When(**{said: False}, then=Value("no")),
        default=Value(NOT_RECORDED), output_field=CharField(),
    )  # fmt: skip


def _team(counted: Population) -> Coalesce:
    return _known(F("team_id" if counted.is_duty else f"{counted.through}team_id"))


def _officer(counted: Population) -> Coalesce:
    return _known(F("officer_id" if counted.is_duty else f"{counted.through}officer_id"))


def _channel(counted: Population) -> Any:
    """By what it was told: of what a contact met. A letter of the press has no contact."""
    if not counted.is_duty:
        return Value(NOT_RECORDED)
    how = Contact.objects.filter(reference=OuterRef("met_by")).values("channel")[:1]
    return Case(
        When(met_by="", then=Value("nothing")),
        When(met_by__startswith="C-", then=Coalesce(Subquery(how), Value(NOT_RECORDED))),
        When(met_by__startswith="L-", then=Value(Contact.Channel.LETTER)),
        default=Value("event"),
        output_field=CharField(),
    )


def _outcome(counted: Population) -> Coalesce:
    """How far the case came: the last thing that ended it, or a charge; running where nothing did."""
    last = (
        Event.objects.current()
        .filter(case=OuterRef(_case_path(counted) + "pk"), kind__in=[*ENDS_A_CASE, Kind.SUSPECT_CHARGED])
        .order_by("-occurred_at", "-pk")
    )
    return Coalesce(Subquery(last.values("kind")[:1]), Value("running"), output_field=CharField())


def _people(model: type[Team] | type[User], name: str) -> Words:
    return lambda: {str(pk): said for pk, said in model.objects.values_list("pk", name)}


_YES_NO: dict[str, "str | Promise"] = {"yes": _("Yes"), "no": _("No")}

BREAKDOWNS: dict[str, Breakdown] = {
    each.key: each
    for each in (
        Breakdown(
            "tier", _("Tier"), _tier, lambda: {"enhanced": _("Enhanced"), "standard": _("Standard")}
        ),
        Breakdown(
            "category", _("Enhanced category"), _categories,
            lambda: {**dict(Entitlement.Category.choices), NO_CATEGORY: _("None")}, is_several=True,
        ),
        Breakdown("offence", _("Offence group"), _offence, lambda: dict(offence_groups.choices()), is_of_case=True),
        Breakdown("age", _("Age band"), _age,
                  lambda: {key: _("%(low)d to %(high)d") % {"low": low, "high": high} if high < 150 else
                           _("%(low)d and over") % {"low": low} for key, low, high in AGES},
                  is_characteristic=True),
        Breakdown("sex", _("Sex"), _of_person("sex"),
                  lambda: {key: words for key, words in Person.Sex.choices if key}, is_characteristic=True),
        Breakdown("gender_identity", _("Gender identity"), _nobody_asks, is_characteristic=True, is_collected=False),
        Breakdown("ethnicity", _("Ethnicity"), _ethnicity, lambda: dict(ETHNICITIES), is_characteristic=True),
        Breakdown("disability", _("Disability"), _of_person("disability"), lambda: dict(Person.DISABILITIES),
                  is_characteristic=True),
        Breakdown("religion", _("Religion"), _nobody_asks, is_characteristic=True, is_collected=False),
        Breakdown("sexual_orientation", _("Sexual orientation"), _nobody_asks, is_characteristic=True,
                  is_collected=False),
        Breakdown("language", _("Preferred language"), _language,
                  lambda: {"en": _("English"), "cy": _("Welsh"), "other": _("Another language")},
                  is_characteristic=True),
        Breakdown("welsh", _("Prefers Welsh"), _welsh, lambda: _YES_NO, is_characteristic=True),
        Breakdown("interpreter", _("Needs an interpreter"), _interpreter, lambda: _YES_NO, is_characteristic=True),
        Breakdown("area", _("Policing area"), _of_case("policing_area"), is_of_case=True),
        Breakdown("authority", _("Local authority"), _of_case("local_authority"), is_of_case=True),
        Breakdown("team", _("Team"), _team, _people(Team, "name")),
        Breakdown("officer", _("Officer"), _officer, _people(User, "display_name")),
        Breakdown("channel", _("How it was told"), _channel,
                  lambda: {**dict(Contact.Channel.choices), "nothing": _("Not told"),
                           "event": _("Something that was done")}),
        Breakdown("outcome", _("Outcome of the case"), _outcome,
                  lambda: {**{kind.value: kind.label for kind in (*ENDS_A_CASE, Kind.SUSPECT_CHARGED)},
                           "running": _("Still running")}, is_of_case=True),
    )
}  # fmt: skip


def may_split(breakdown: Breakdown, counted: Population) -> bool:
    """Whether the rows of a population have what this splits by."""
    if counted.through is None:
        return breakdown.is_of_case
    return breakdown.key != "channel" or counted.is_duty

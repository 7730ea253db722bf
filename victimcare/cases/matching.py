"""How alike two records are, and why: plain facts in, a score and its reasons out. Pure.

Every reason, for or against, is the name of a rule; `in_words` says it. A score of `ENOUGH` or more is shown to
somebody, who decides. Nothing here ever joins two people.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

ENOUGH = 60

# Short forms and Welsh or English forms of one name, without accents. Small on purpose: each costs a false hope.
NICKNAMES: tuple[frozenset[str], ...] = tuple(
    frozenset(names.split())
    for names in (
        "alexander alex sandy", "alexandra alex sandra", "andrew andy drew", "anthony tony", "benjamin ben",
        "caroline carol", "catherine katherine kathryn catrin cathy kate katie", "charles charlie siarl",
        "christopher chris", "daniel dan danny", "david dafydd dai dave dewi", "deborah debbie",
        "edward ed ted eddie iorwerth", "elizabeth beth liz betsan bethan eliza lisa", "evan ifan ieuan",
        "gareth gaz", "gwenllian gwen", "gwendoline gwen", "helen elen", "hywel howell", "james jim jimmy iago",
        "jane sian", "janet sioned", "jennifer jen jenny", "john jack ioan sion ieuan", "jonathan jon",
        "joseph joe", "joshua josh", "margaret maggie meg megan mags marged peggy", "mary mair mari",
        "matthew matt", "michael mike mick mihangel", "nicholas nick", "owen owain", "patricia pat trish",
        "peter pete pedr", "philip phil", "rebecca becky beca", "rhiannon non", "richard rick dick rhisiart",
        "robert rob bob bobby", "samuel sam", "samantha sam", "stephen steven steve steffan", "susan sue",
        "theresa teresa tess", "thomas tom tomos twm", "timothy tim", "william will bill gwilym wil",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Record:
    """What is compared of one person. Names in lower case without accents or signs; "" where not known."""

    given: str = ""
    surname: str = ""
    preferred: str = ""
    given_sound: str = ""  # as `sounds_like` in the database hears the first given name
    surname_sound: str = ""
    born_on: date | None = None
    postcode: str = ""  # upper case, no spaces
    phones: frozenset[str] = frozenset()  # digits only
    email: str = ""  # lower case
    sex: str = ""  # F or M where known
    source_system: str = ""
    source_key: str = ""  # the number there, without signs and leading noughts


@dataclass(frozen=True)
class Match:
    """How alike: 0 to 100, the rules that say so, whether a key that rarely errs is among them, and what speaks
    against. Where anything does, the score is never above `ENOUGH` and no key counts.
    """

    score: int = 0
    reasons: tuple[str, ...] = ()
    is_key: bool = False
    against: tuple[str, ...] = ()

    @property
    def is_enough(self) -> bool:
        return self.score >= ENOUGH


NOTHING = Match()

POINTS = {
    "same_number": 50,
    "same_name": 30,
    "names_swapped": 25,
    "same_surname": 15,
    "surname_spelt_otherwise": 12,
    "same_given_name": 15,
    "given_name_spelt_otherwise": 12,
    "short_for": 12,
    "same_birth": 35,
    "birth_transposed": 30,
    "birth_one_figure": 15,
    "same_phone": 30,
    "same_email": 30,
    "same_postcode": 15,
}
OTHER_BIRTH = 40

_WORDS: dict[str, str | Promise] = {
    "same_number": _("the same number in another system"),
    "same_name": _("the same name"),
    "names_swapped": _("given name and surname the other way round"),
    "same_surname": _("the same surname"),
    "surname_spelt_otherwise": _("a surname that sounds the same or is one letter off"),
    "same_given_name": _("the same given name"),
    "given_name_spelt_otherwise": _("a given name that sounds the same or is one letter off"),
    "short_for": _("a given name that is short for the other, or its Welsh form"),
    "same_birth": _("born on the same day"),
    "birth_transposed": _("dates of birth that differ only by figures or day and month changing places"),
    "birth_one_figure": _("dates of birth that differ by one figure"),
    "same_phone": _("the same phone number"),
    "same_email": _("the same email address"),
    "same_postcode": _("the same postcode"),
    "other_birth": _("different dates of birth"),
    "other_sex": _("not the same sex"),
}


def compare(one: Record, other: Record) -> Match:
    """How alike two records are. The same both ways round."""
    reasons = _of_names(one, other)
    if reasons is None:
        return NOTHING
    named = bool(reasons)
    if one.source_key and one.source_key == other.source_key and one.source_system != other.source_system:
        reasons.append("same_number")
    against = contradictions(one.born_on, other.born_on, one.sex, other.sex)
    points = -OTHER_BIRTH if "other_birth" in against else 0
    if one.born_on and other.born_on and "other_birth" not in against:
        reasons.append(_of_births(one.born_on, other.born_on))
    for name, is_so in (
        ("same_phone", bool(one.phones & other.phones)),
        ("same_email", bool(one.email) and one.email == other.email),
        ("same_postcode", bool(one.postcode) and one.postcode == other.postcode),
    ):
        if is_so:
            reasons.append(name)
    points += sum(POINTS[name] for name in reasons)
    if not named or points <= 0:
        return NOTHING
    if against:
        return Match(min(points, ENOUGH), tuple(reasons), against=against)
    return Match(min(points, 100), tuple(reasons), is_key=points >= ENOUGH and _has_key(set(reasons)))


def contradictions(born: date | None, other_born: date | None, sex: str, other_sex: str) -> tuple[str, ...]:
    """What two records say that cannot hold of one human being: a parent and child often share all else."""
    against = []
    if born and other_born and not _of_births(born, other_born):
        against.append("other_birth")
    if {sex, other_sex} == {"F", "M"}:
        against.append("other_sex")
    return tuple(against)


def _of_births(one: date, other: date) -> str:
    """Which rule makes these one date, mistyped or not; "" where they are two."""
    if one == other:
        return "same_birth"
    if other in transposed(one):
        return "birth_transposed"
    return "birth_one_figure" if _is_one_figure_off(one, other) else ""


def _is_one_figure_off(one: date, other: date) -> bool:
    """Any figure but those of the decade and the century: ten years may be another generation."""
    pairs = list(zip(f"{one:%Y%m%d}", f"{other:%Y%m%d}", strict=True))
    return pairs[:3] == [(b, a) for a, b in pairs[:3]] and sum(a != b for a, b in pairs) == 1


def _has_key(reasons: set[str]) -> bool:
    """The same number elsewhere; name, birth and postcode; or a phone or email with the whole name."""
    whole = "same_name" in reasons
    return (
        "same_number" in reasons
        or (whole and {"same_birth", "same_postcode"} <= reasons)
        or (whole and bool({"same_phone", "same_email"} & reasons))
    )


def _of_names(one: Record, other: Record) -> list[str] | None:
    """Which rules of names hold; None where the names say two people: a mother and her daughter, twins."""
    if one.given and one.surname and (one.given, one.surname) == (other.surname, other.given):
        return ["names_swapped"]
    given, surname = _given(one, other), _surname(one, other)
    if given == "other":
        return None
    if (given, surname) == ("same_given_name", "same_surname"):
        return ["same_name"]
    return [name for name in (given, surname) if name and name != "other"]


def _surname(one: Record, other: Record) -> str:
    """ "" where one is not known, "other" where they differ."""
    if not one.surname or not other.surname:
        return ""
    if one.surname.replace(" ", "") == other.surname.replace(" ", ""):
        return "same_surname"
    if one.surname_sound == other.surname_sound or is_one_off(one.surname, other.surname):
        return "surname_spelt_otherwise"
    return "other"


def _given(one: Record, other: Record) -> str:
    """The same, alike or "other"; any of the given names or the preferred one will do, for people choose."""
    mine, theirs = _firsts(one), _firsts(other)
    if not mine or not theirs:
        return ""
    if set(mine) & set(theirs):
        return "same_given_name"
    if any({a, b} <= names for a in mine for b in theirs for names in NICKNAMES):
        return "short_for"
    if (one.given_sound and one.given_sound == other.given_sound) or any(
        is_one_off(a, b) for a in mine for b in theirs
    ):
        return "given_name_spelt_otherwise"
    return "other"


def _firsts(record: Record) -> list[str]:
    """Every name this person may go by, but a lone letter, which stands for too many."""
    return [name for name in (*record.given.split(), *record.preferred.split()[:1]) if len(name) > 1]


def is_one_off(one: str, other: str) -> bool:
    """One letter more, less, another, or two that changed places; never in words of three letters or fewer."""
    if min(len(one), len(other)) <= 3 or abs(len(one) - len(other)) > 1:
        return False
    at = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    rest, theirs = one[at:], other[at:]
    return (
        rest[1:] == theirs
        or rest == theirs[1:]
        or rest[1:] == theirs[1:]
        or (len(rest) > 1 and rest[:2] == theirs[1::-1] and rest[2:] == theirs[2:])
    )


def transposed(day: date) -> frozenset[date]:
    """The dates this one becomes when day and month, or two figures next to each other, change places."""
    return frozenset(_swaps(day)) - {day}


def _swaps(day: date) -> Iterable[date]:
    for year, month, of_month in (
        (day.year, day.day, day.month),
        (day.year, day.month, _turned(day.day)),
        (day.year, _turned(day.month), day.day),
        (day.year - day.year % 100 + _turned(day.year % 100), day.month, day.day),
    ):
        try:
            yield date(year, month, of_month)
        except ValueError:  # no such day
            continue


def _turned(number: int) -> int:
    """21 for 12."""
    return int(f"{number:02d}"[::-1])


def why(match: Match) -> list[str]:
    """What speaks for it, then what speaks against."""
    return in_words(match.reasons) + [
        _now("but %(what)s") % {"what": words} for words in in_words(match.against)
    ]


def in_words(names: Iterable[str]) -> list[str]:
    """The rules' words in the reader's language. A name we no longer know is shown as it is."""
    return [str(_WORDS.get(name, name)) for name in names]

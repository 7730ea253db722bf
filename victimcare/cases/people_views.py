"""The pages about people who may be held twice: pairs to decide about, and the search before anybody is added."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.cases import adding, linking
from victimcare.cases.access import listed, participant_for
from victimcare.cases.links import linked_to
from victimcare.cases.lookalikes import like, match_of, opposing_cases
from victimcare.cases.matching import Match, why
from victimcare.cases.models import Likeness, Participant, Person, PersonLink
from victimcare.cases.people_forms import (
    NOBODY,
    AddForm,
    LinkByReferenceForm,
    OpenCaseForm,
    ReasonForm,
    SearchFirstForm,
    proof_of_search,
    roles_for,
    search_proved,
)
from victimcare.cases.safe_contact import DANGER_FLAGS, DANGER_RELATIONSHIPS
from victimcare.cases.same_person import links_of, pairs_about, parts_seen, sentence, side_by_side
from victimcare.faults import Refused
from victimcare.govuk.dates import long_day
from victimcare.http import Request

PAGE = 25
FOUND_AT_MOST = 50
SAY_WHY = _lazy("Say why they are the same person, so that others can follow.")
SAY_WHY_NOT = _lazy("Say why they are not the same person, so that others can follow.")
EIGHTEEN_YEARS = timedelta(days=6575)  # or a day more

# --- Same person? ------------------------------------------------------------------------------------


@allow(Permission.LINK_PEOPLE)
def same_person(request: Request) -> HttpResponse:
    """Every pair to be decided about of which the reader may open both, surest first, a page at a time."""
    refused = _answer(request) if request.method == "POST" else None
    if request.method == "POST" and refused is None:
        return redirect(request.get_full_path())
    pairs = Likeness.objects.undecided().visible_to(request.user).select_related("one", "other")
    before = re.fullmatch(r"([01])-([0-9]{1,3})-([0-9]{1,17})", request.GET.get("after", ""))
    if before:
        is_key, score, pk = (int(figures) for figures in before.groups())
        later = Q(is_key=is_key, score=score, pk__lt=pk) | Q(is_key=is_key, score__lt=score)
        pairs = pairs.filter(later | Q(is_key__lt=is_key) if is_key else later)
    found = list(pairs.order_by("-is_key", "-score", "-pk")[: PAGE + 1])
    shown, people = side_by_side(found[:PAGE], request.user)
    listed(request, people, field_group="same person")
    last = found[PAGE - 1] if len(found) > PAGE else None
    context = {
        "pairs": shown,
        "is_first": not before,
        "older_url": f"?after={int(last.is_key)}-{last.score}-{last.pk}" if last else "",
        "newer_url": "?" if before else "",
        "refused": refused,
    }
    return render(request, "cases/same_person.html", context, status=422 if refused else 200)


@allow(Permission.LINK_PEOPLE)
def same_person_of(request: Request, case: str, participant: str) -> HttpResponse:
    """Who this person may be, which records of theirs are linked, and a way to link one that nobody proposed."""
    part = participant_for(request, case, participant, field_group="same person")
    form = LinkByReferenceForm(request.POST if "reference" in request.POST else None)
    refused = None
    if request.method == "POST" and "reference" not in request.POST:
        refused = _answer(request, part)
        if refused is None:
            return redirect("cases:same-person-of", case, participant)
    if form.is_valid():
        other = _held_under(form.cleaned_data["reference"], request)
        if other is not None:
            return _link_typed(request, part, other, form)
        form.add_error("reference", _("No record that you may open has this reference. Check it."))
    shown, people = side_by_side(pairs_about(part, request.user), request.user)
    links = links_of(part, request.user)
    listed(request, people + [held for each in links for held in each["parts"]], field_group="same person")
    context = {"participant": part, "pairs": shown, "links": links, "form": form, "refused": refused}
    return render(request, "cases/same_person_of.html", context, status=422 if refused else 200)


def _link_typed(
    request: Request, part: Participant, other: Participant, form: LinkByReferenceForm
) -> HttpResponse:
    """Show whom the reference names, side by side; link once the reader has said that it is them.

    What cannot be linked is refused by `linking.link` before anything of the other record is shown.
    """
    reason, back = form.cleaned_data["reason"], (part.case.reference, part.reference)
    if request.POST.get("is") == other.person.reference or _is_beyond_asking(part.person, other.person):
        linking.link(one=part.person, other=other.person, reason=reason, by=request.user)
        _combined(request, [part, other])
        messages.success(request, _("Linked. Both references are kept, and you can unlink them here."))
        return redirect("cases:same-person-of", *back)
    alike = match_of(part.person_id, other.person_id)
    pair = Likeness(
        one=part.person, other=other.person,
        score=alike.score, is_key=alike.is_key, reasons=list(alike.reasons),
    )  # fmt: skip
    (shown,), people = side_by_side([pair], request.user)
    listed(request, people, field_group="same person")
    context = {"participant": part, "pair": shown, "reason": reason, "typed": form.cleaned_data["reference"]}
    return render(request, "cases/link_typed.html", context)


def _is_beyond_asking(one: Person, other: Person) -> bool:
    """One record, two that are linked already, or a victim and the suspect of her crime: never to be linked."""
    groups = linked_to([one.pk, other.pk])
    return other.pk in groups[one.pk] or bool(opposing_cases(groups[one.pk], groups[other.pk]))


def _held_under(reference: str, request: Request) -> Participant | None:
    """The part under this reference, or of the person under it, that the reader may open."""
    typed = reference.upper().replace(" ", "")
    return (
        Participant.objects.visible_to(request.user)
        .filter(Q(person__reference=typed) | Q(reference=typed))
        .select_related("person")
        .order_by("-pk")
        .first()
    )


@dataclass(frozen=True)
class WrongReason:
    """What is wrong with the reason somebody typed, beside which pair or link, and what they typed."""

    at: str
    sentence: str
    typed: str


def _answer(request: Request, part: Participant | None = None) -> WrongReason | None:
    """Do what one of the buttons says, unless the reason is wrong. Raises Http404 for a pair or a link that the
    reader may not see.
    """
    if part is not None and request.POST.get("answer") == "unlink":
        return _unlink(request, part)
    pair = Likeness.objects.visible_to(request.user).filter(reference=request.POST.get("pair", "")).first()
    if pair is None:
        raise Http404
    answer = request.POST.get("answer")
    reason, wrong = _reason(request, at=pair.reference, missing=SAY_WHY if answer == "link" else "")
    if wrong is not None:
        return wrong
    if answer == "link":
        linking.link(one=pair.one, other=pair.other, reason=reason, by=request.user)
        _combined(request, _newest(request, pair.one_id, pair.other_id))
        messages.success(request, _("Linked. Both references are kept, and the link can be taken back."))
    elif answer == "different":
        linking.not_the_same(likeness=pair, reason=reason, by=request.user)
        messages.success(request, _("Kept: they are two people. Nobody is asked about them again."))
    else:
        raise Refused(_("Choose “Link” or “Not the same person”."))
    return None


def _unlink(request: Request, part: Participant) -> WrongReason | None:
    link = _link_seen(request, part)
    reason, wrong = _reason(request, at=link.reference, missing=SAY_WHY_NOT)
    if wrong is None:
        linking.unlink(link=link, reason=reason, by=request.user)
        _combined(request, _newest(request, link.one_id, link.other_id))
        messages.success(request, _("Unlinked. Each record is as it was before."))
    return wrong


def _reason(request: Request, *, at: str, missing: str | Promise) -> tuple[str, WrongReason | None]:
    """The reason, or what is wrong with it: too long, or empty where `missing` says it may not be."""
    form, typed = ReasonForm(request.POST), request.POST.get("reason", "")
    if not form.is_valid():
        words = _("Shorten the reason to 200 characters, without hidden characters.")
        return "", WrongReason(at, words, typed)
    reason = form.cleaned_data["reason"]
    return reason, WrongReason(at, str(missing), typed) if missing and not reason.strip() else None


def _link_seen(request: Request, part: Participant) -> PersonLink:
    """A link of this person's whose other end the reader may open too."""
    for each in links_of(part, request.user):
        if each["link"] is not None and each["link"].reference == request.POST.get("link"):
            return each["link"]  # type: ignore[no-any-return]
    raise Http404


def _newest(request: Request, *people: int) -> list[Participant]:
    return [parts[0] for parts in parts_seen(people, request.user).values()]


def _combined(request: Request, parts: Sequence[Participant]) -> None:
    """Write down that records were joined or parted (Data Protection Act 2018 s.62: combination)."""
    record_access(
        by=request.user,
        op=AccessEntry.Op.COMBINE,
        subjects=[part.reference for part in parts],
        field_group="same person",
        path=request.path,
    )


# --- Adding somebody ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hit:
    """Somebody like what was typed whose record the reader may open."""

    person: Person
    part: Participant
    match: Match

    @property
    def hint(self) -> str:
        person = self.person
        born = long_day(person.date_of_birth) if person.date_of_birth else ""
        known = [
            _("Born %(day)s.") % {"day": born} if born else "",
            f"{person.town}." if person.town else "",
            sentence(why(self.match)),
            f"{self.part.case.offence_title or self.part.case.reference} ({self.part.get_role_display()}).",
        ]
        return " ".join(word for word in known if word)


@dataclass
class Hits:
    """Whom the search shows: by name, or masked where another team looks after them."""

    named: list[Hit] = field(default_factory=list)
    masked: list[dict[str, str]] = field(default_factory=list)
    masked_parts: list[str] = field(default_factory=list)


@allow(Permission.ADD_PERSON)
def add(request: Request, case: str, participant: str) -> HttpResponse:
    """Add a victim, a witness or somebody who acts for this victim: search, then choose or add."""
    part = participant_for(request, case, participant, field_group="add", op=_op(request))
    place = part.reference
    proof = search_proved(request.POST.get("token", ""), by=request.user, place=place)
    if "token" not in request.POST:
        return _search_first(request, place, "cases/add.html", {"participant": part})
    if proof is None:
        raise Refused(_("Search again: this search is more than half an hour old."))
    named = _still_open(request, proof)
    roles = roles_for(request.user, part)
    form = AddForm(request.POST, people=_choices(named), roles=roles)
    if form.is_valid():
        role = Participant.Role(form.cleaned_data["role"])
        new = adding.add_by_hand(
            case=part.case,
            role=role,
            by=request.user,
            **_chosen(form, named, proof),
            represents=part if role == Participant.Role.REPRESENTATIVE else None,
            officer=part.officer,
            team_id=part.team_id,
            reported=part.case.reported_at or part.case.recorded_at or clock.today(),
        )
        messages.success(request, _("Added: %(name)s.") % {"name": new.person.name})
        return redirect("desk:summary", case, new.reference)
    named = _named_again(request, proof)
    form = AddForm(request.POST, people=_choices(named), roles=roles)
    context = {"participant": part, "form": form, "token": request.POST["token"], "named": named}
    return render(request, "cases/add.html", context)


@allow(Permission.OPEN_CASE)
def open_case(request: Request) -> HttpResponse:
    """Open a case that no feed sent: search for the victim, then say what happened."""
    if "token" not in request.POST:
        return _search_first(request, "", "cases/open_case.html", {})
    proof = search_proved(request.POST["token"], by=request.user, place="")
    if proof is None:
        raise Refused(_("Search again: this search is more than half an hour old."))
    named = _still_open(request, proof)
    form = OpenCaseForm(request.POST, people=_choices(named), roles=[], by=request.user)
    if form.is_valid():
        answers = form.cleaned_data
        new = adding.open_by_hand(
            offence_title=answers["offence_title"],
            occurrence_no=answers["occurrence_no"],
            flags=answers["flags"],
            reported=answers["reported_on"],
            officer=answers["officer"],
            by=request.user,
            **_chosen(form, named, proof),
        )
        messages.success(request, _("Opened a case for %(name)s.") % {"name": new.person.name})
        return redirect("desk:summary", new.case.reference, new.reference)
    named = _named_again(request, proof)
    form = OpenCaseForm(request.POST, people=_choices(named), roles=[], by=request.user)
    return render(request, "cases/open_case.html", {"form": form, "token": request.POST["token"]})


def _op(request: Request) -> AccessEntry.Op:
    return AccessEntry.Op.COLLECT if "token" in request.POST else AccessEntry.Op.CONSULT


def _search_first(request: Request, place: str, template: str, context: dict[str, Any]) -> HttpResponse:
    """The search, and once it was made whom it found beside the form that adds."""
    searched = SearchFirstForm(request.POST or None)
    if not searched.is_valid():
        return render(request, template, context | {"form": searched, "is_search": True})
    facts = searched.facts
    hits = _find(request, facts)
    shown = [hit.person.reference for hit in hits.named]
    token = proof_of_search(by=request.user, place=place, facts=facts, shown=shown)
    part = context.get("participant")
    form = (
        OpenCaseForm(people=_choices(hits.named), roles=[], by=request.user)
        if part is None
        else AddForm(people=_choices(hits.named), roles=roles_for(request.user, part))
    )
    n = len(hits.named)
    found = {
        "form": form,
        "token": token,
        "named": hits.named,
        "masked": hits.masked,
        "typed": f"{facts['given_names']} {facts['surname']}".strip(),
        "found": ngettext("%(n)d person like this", "%(n)d people like this", n) % {"n": n},
    }
    return render(request, template, context | found)


def _find(request: Request, facts: dict[str, Any]) -> Hits:
    """Whom the reader may open, by name; of other teams' ordinary records, initials; of all others, nothing."""
    alike = like(facts | {"date_of_birth": _day(facts["date_of_birth"])})
    parts = parts_seen((person for person, _match in alike), request.user)
    hits = Hits()
    for person, match in alike:
        if person in parts and len(hits.named) < FOUND_AT_MOST:
            hits.named.append(Hit(parts[person][0].person, parts[person][0], match))
    listed(request, [hit.part for hit in hits.named], field_group="search before adding")
    hidden = {person: match for person, match in alike if person not in parts and match.is_enough}
    room = FOUND_AT_MOST - len(hits.named)
    for part in _maskable(request, hidden)[:room]:
        hits.masked.append(_masked(part, hidden[part.person_id]))
        hits.masked_parts.append(part.reference)
    if hits.masked_parts:
        record_access(
            by=request.user, op=AccessEntry.Op.CONSULT, outcome=AccessEntry.Outcome.MASKED,
            subjects=hits.masked_parts, field_group="search before adding", path=request.path,
        )  # fmt: skip
    return hits


def _maskable(request: Request, people: dict[int, Match]) -> list[Participant]:
    """One part of each of these whose every record, and every one linked to it, is ordinary: no danger, no
    restriction, no protected address, no child, and nobody who declared that the reader must not know.
    """
    if not people:
        return []
    groups, today = linked_to(people), clock.today()
    served = Participant.objects.served().filter(person__in=frozenset().union(*groups.values()))
    child = Q(person__date_of_birth__gt=today - EIGHTEEN_YEARS)
    apart = served.filter(
        Q(case__is_restricted=True)
        | Q(case__flags__overlap=sorted(DANGER_FLAGS))
        | Q(relationship_to_suspect__in=DANGER_RELATIONSHIPS)
        | Q(risk_level="HIGH")
        | Q(case__exclusions__user=request.user, case__exclusions__lifted_at=None)
        | Q(person__safe_contact__address_is_protected=True)
        | child
    ).values_list("person_id", flat=True)
    ids = set(apart)
    ordinary = [pk for pk in people if not ids & groups[pk]]
    rows = served.filter(person__in=ordinary).select_related("person", "team").order_by("person_id", "-pk")
    return sorted(rows.distinct("person_id"), key=lambda part: -people[part.person_id].score)


def _masked(part: Participant, match: Match) -> dict[str, str]:
    person = part.person
    initials = " ".join(f"{name[0]}…" for name in f"{person.given_names} {person.surname}".split())
    born = str(person.date_of_birth.year) if person.date_of_birth else ""
    return {
        "text": f"{initials}, {_('born %(year)s') % {'year': born}}" if born else initials,
        "note": _("%(team)s. %(why)s")
        % {
            "team": part.team.name if part.team else _("Another team"),
            "why": sentence(why(match)),
        },
    }


def _still_open(request: Request, proof: dict[str, Any]) -> list[Hit]:
    """Whoever of those whom the search showed was chosen, where the reader may still open their record."""
    chosen = request.POST.get("who", "")
    return _hits(request, [chosen]) if chosen in proof["shown"] else []


def _named_again(request: Request, proof: dict[str, Any]) -> list[Hit]:
    """Those whom the search showed and whom the reader may still open, likest first: to be chosen from again."""
    alike = dict(like(proof["facts"] | {"date_of_birth": _day(proof["facts"]["date_of_birth"])}))
    hits = [
        Hit(hit.person, hit.part, alike.get(hit.part.person_id, Match()))
        for hit in _hits(request, proof["shown"])
    ]
    return sorted(hits, key=lambda hit: -hit.match.score)


def _hits(request: Request, people: list[str]) -> list[Hit]:
    rows = (
        Participant.objects.visible_to(request.user)
        .filter(person__reference__in=people)
        .select_related("person", "person__safe_contact", "case")
        .order_by("person_id", "-pk")
        .distinct("person_id")
    )
    return [Hit(part.person, part, Match()) for part in rows]


def _choices(named: list[Hit]) -> list[tuple[str, str, str]]:
    return [(hit.person.reference, hit.person.name, hit.hint) for hit in named]


def _chosen(form: AddForm, named: list[Hit], proof: dict[str, Any]) -> dict[str, Any]:
    """The record that is held, or the facts of somebody new, exactly as they were searched for."""
    who = form.cleaned_data["who"]
    if who != NOBODY:
        return {"known": next(hit.person for hit in named if hit.person.reference == who)}
    facts = dict(proof["facts"])
    facts["date_of_birth"] = _day(facts["date_of_birth"])
    facts["phone_mobile"] = facts.pop("phone")
    return {"fields": facts}


def _day(said: str | None) -> date | None:
    return date.fromisoformat(said) if said else None

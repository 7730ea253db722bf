"""One witness of one hearing: required or not, warned by a call or a letter, and what they answered."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts import actions as contacts
from contacts.models import Contact
from contacts.reaching import clearance_for, verdicts_now
from courts import actions
from courts.forms import CallForm, LetterForm, ReplyForm, RequireForm, moment_heard
from courts.models import Hearing, WitnessRequirement
from courts.views import hearing_for, op
from courts.witnesses import letter_values, to_tell
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.cases.access import participant_for
from victimcare.cases.models import Event, Participant
from victimcare.cases.safe_contact import Channel, Purpose, Verdict, clear
from victimcare.faults import NotAllowed, Refused, Stale
from victimcare.http import Request
from victimcare.letters import actions as letters
from victimcare.letters.models import Letter, LetterTemplate

SPOKEN = {Contact.Channel.PHONE: Channel.PHONE, Contact.Channel.IN_PERSON: Channel.IN_PERSON}


def _door(request: Request, hearing: str, participant: str) -> tuple[Hearing, Participant]:
    """The hearing and the person, who must be of its case. Raises Http404."""
    found = hearing_for(request, hearing)
    return found, participant_for(
        request, found.case.reference, participant, field_group="court", op=op(request)
    )


def _requirement(hearing: Hearing, participant: Participant) -> WitnessRequirement:
    found = (
        WitnessRequirement.objects.filter(hearing=hearing, participant=participant)
        .select_related("hearing__court", "hearing__moved_from", "hearing__case")
        .first()
    )
    if found is None:
        raise Http404
    found.participant = participant
    return found


@allow(Permission.WARN_WITNESS)
def require(request: Request, hearing: str, participant: str) -> HttpResponse:
    """The prosecution says that this person must come."""
    found, part = _door(request, hearing, participant)
    form = RequireForm(request.POST or None)
    if form.is_valid():
        learned_at = moment_heard(form.cleaned_data["learned_on"])
        actions.require_witness(hearing=found, participant=part, learned_at=learned_at, by=request.user)
        messages.success(request, _("%s is required. Warn them.") % part.person.name)
        return redirect("courts:warn", found.reference, part.reference)
    return _require_page(request, form, found, part, is_required=True)


@allow(Permission.WARN_WITNESS)
def not_required(request: Request, hearing: str, participant: str) -> HttpResponse:
    """The prosecution says that this person need not come after all."""
    found, part = _door(request, hearing, participant)
    requirement = _requirement(found, part)
    form = RequireForm(request.POST or None, initial={"version": requirement.version})
    if form.is_valid():
        actions.no_longer_require(
            requirement=requirement,
            learned_at=moment_heard(form.cleaned_data["learned_on"]),
            version=form.cleaned_data["version"],
            by=request.user,
        )
        messages.success(request, _("%s is no longer required. Tell them.") % part.person.name)
        return redirect("courts:hearing", found.reference)
    return _require_page(request, form, found, part, is_required=False)


def _require_page(
    request: Request, form: RequireForm, hearing: Hearing, participant: Participant, *, is_required: bool
) -> HttpResponse:
    context = {
        "form": form,
        "hearing": hearing,
        "participant": participant,
        "is_required": is_required,
        "submit_label": _("They must come") if is_required else _("They need not come"),
        "cancel_url": reverse("courts:hearing", args=[hearing.reference]),
    }
    return render(request, "courts/require.html", context, status=422 if form.errors else 200)


@allow(Permission.WARN_WITNESS)
def warn(request: Request, hearing: str, participant: str) -> HttpResponse:
    """Tell a witness to come, or stand them down: by a safe call, or by a letter in their languages."""
    found, part = _door(request, hearing, participant)
    requirement = _requirement(found, part)
    said = verdicts_now(request)
    is_stand_down = requirement.status == WitnessRequirement.Status.NOT_REQUIRED
    by_letter = request.method == "POST" and request.POST.get("way") == "letter"
    call = CallForm(
        request.POST if request.method == "POST" and not by_letter else None,
        channels=_spoken(said),
        is_stand_down=is_stand_down,
        initial={"channel": Contact.Channel.PHONE if said[Channel.PHONE].allowed else ""},
    )
    refused: list[str] = []
    if by_letter:
        letter, refused = _write(requirement, request)
        if letter is not None:
            return redirect("letters:letter", part.case.reference, part.reference, letter.reference)
    elif call.is_valid():
        if _called(call, requirement, request.user):
            messages.success(request, _("%s was told. Saved.") % part.person.name)
        else:
            messages.warning(
                request, _("Saved. %s was not reached, so they are not warned yet.") % part.person.name
            )
        return redirect("courts:hearing", found.reference)
    context = {
        "form": call,
        "letter_form": LetterForm(),
        "refused": refused,
        "hearing": found,
        "participant": part,
        "is_stand_down": is_stand_down,
        "tells": to_tell(requirement),
        "may_speak": bool(_spoken(said)),
        "phone": said[Channel.PHONE],
        "post": said[Channel.POST],
        "languages": letters.languages_for(part.person).label,
        "cancel_url": reverse("courts:hearing", args=[found.reference]),
    }
    return render(request, "courts/warn.html", context, status=422 if call.errors or refused else 200)


def _spoken(said: dict[Channel, Verdict]) -> list[tuple[str, Any]]:
    """The ways of speaking to them that are safe now."""
    return [(ours.value, ours.label) for ours, channel in SPOKEN.items() if said[channel].allowed]


@transaction.atomic
def _called(form: CallForm, requirement: WitnessRequirement, by: User) -> bool:
    """The contact, and the warning where it reached them: both or neither. Raises Blocked."""
    said, now = form.cleaned_data, clock.now()
    is_reached = bool(said["outcome"] == Contact.Outcome.REACHED)
    contact = contacts.log(
        participant=requirement.participant,
        direction=Contact.Direction.OUT,
        channel=said["channel"],
        outcome=said["outcome"],
        at=now,
        note=said["note"],
        tells=to_tell(requirement) if is_reached else [],
        clearance=clearance_for(requirement.participant, SPOKEN[Contact.Channel(said["channel"])], now),
        by=by,
    )
    if is_reached:
        actions.warn(requirement=requirement, contact=contact, reply=said.get("reply", ""), by=by)
    return is_reached


def _write(requirement: WitnessRequirement, request: Request) -> tuple[Letter | None, list[str]]:
    """The warning letter as a draft, or why there is none."""
    if not request.user.may(Permission.WRITE_LETTER):
        raise NotAllowed(_("Your role does not write letters. Ask a colleague who does."))
    form = LetterForm(request.POST)
    if not form.is_valid():
        return None, [_("This page was not filled in by our form. Open it again and retry.")]
    try:
        letter = _compose(requirement, to_tell(requirement), request.user)
    except (NotAllowed, Stale):
        raise
    except Refused as refused:
        return None, [str(refused.sentence)]
    messages.success(
        request, _("Letter written. Read it, then approve it. It warns nobody until it is sent.")
    )
    return letter, []


@transaction.atomic
def _compose(requirement: WitnessRequirement, told: list[Event], by: User) -> Letter:
    is_required = requirement.status == WitnessRequirement.Status.REQUIRED
    template = LetterTemplate.objects.in_force(clock.today()).filter(
        key="court_warning" if is_required else "update_arrest_bail"
    )
    found = template.first()
    if found is None:
        raise Refused(_("No approved letter says this. Ask a supervisor to bring one into use."))
    participant = requirement.participant
    letter = letters.compose(
        clearance=clear(participant, Channel.POST, Purpose.COURT),
        template=found,
        languages=letters.languages_for(participant.person),
        values=letter_values(requirement.hearing) if is_required else {},
        tells=told,
        by=by,
    )
    actions.warn(requirement=requirement, letter=letter, by=by)
    return letter


@allow(Permission.WARN_WITNESS)
def reply(request: Request, hearing: str, participant: str) -> HttpResponse:
    """What the witness answered to the warning."""
    found, part = _door(request, hearing, participant)
    requirement = _requirement(found, part)
    form = ReplyForm(request.POST or None, initial={"version": requirement.version})
    if form.is_valid():
        actions.record_reply(
            requirement=requirement,
            reply=form.cleaned_data["reply"],
            version=form.cleaned_data["version"],
            by=request.user,
        )
        messages.success(request, _("Answer of %s saved.") % part.person.name)
        return redirect("courts:hearing", found.reference)
    context = {
        "form": form,
        "hearing": found,
        "participant": part,
        "cancel_url": reverse("courts:hearing", args=[found.reference]),
    }
    return render(request, "courts/reply.html", context, status=422 if form.errors else 200)

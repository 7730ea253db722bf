"""A page per function: the contacts and plan of one victim, the call being made, the plan being agreed."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contacts import actions
from contacts.actions import Read
from contacts.attempts import repeats
from contacts.call_sheet import event_line, known_and_ticked, papers_of, sheet_for, told_again
from contacts.forms import OUTCOMES, LogForm, log_initial
from contacts.models import TELLS, Contact, ContactPlan, ContactSeries, IdentityCheck, Promise
from contacts.plan_changes import not_safe
from contacts.plan_views import asked_again, standing_choice
from contacts.reaching import clearance_for, verdicts_now
from contacts.series import CALLS, FirstContact, Known, first_contact, in_words
from contacts.signposting import services
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import justification, participant_for, sees_code_word
from victimcare.cases.context import verdicts_here
from victimcare.cases.models import Participant, Question
from victimcare.cases.safe_contact import Blocked, Channel, Clearance, Verdict, whom_not_to_ask
from victimcare.drafts.actions import address_with
from victimcare.drafts.models import Draft
from victimcare.faults import Refused
from victimcare.govuk.dates import day, moment
from victimcare.http import Request
from victimcare.working_days import LONDON

PAGE = 50


def _op(request: Request) -> str:
    return AccessEntry.Op.ALTER if request.method == "POST" else AccessEntry.Op.CONSULT


def _list_url(participant: Participant) -> str:
    return reverse("contacts:list", args=[participant.case.reference, participant.reference])


@allow(Permission.VIEW_CONTACTS)
def contact_list(request: Request, case: str, participant: str) -> HttpResponse:
    """The plan in a sentence, what was promised, and every contact, failed attempts included."""
    part = participant_for(request, case, participant, field_group="contacts")
    contacts, older_url = _page_of_contacts(part, request.GET.get("before", ""))
    shows_numbers = request.user.may(Permission.VIEW_CONTACT_DETAILS)
    plans = list(ContactPlan.objects.filter(participant=part).select_related("agreed_by")[:20])
    plan = next((each for each in plans if each.ended_at is None), None)
    return render(
        request,
        "contacts/list.html",
        {
            "participant": part,
            "today": clock.today(),
            "items": [_as_item(contact, shows_numbers=shows_numbers) for contact in contacts],
            "trying": first_contact(part, verdicts_now(request), clock.today()),
            "older_url": older_url,
            "newer_url": _list_url(part) if request.GET.get("before") else "",
            "plan": plan,
            "not_safe": not_safe(plan, verdicts_now(request)),
            "reviews": asked_again(part),
            "choice": standing_choice(part),
            "earlier_plans": [_plan_line(plan) for plan in plans if plan.ended_at],
            "promises": list(
                Promise.objects.filter(participant=part)
                .select_related("made_by", "kept_by", "owner")
                .order_by("-due_on")[:20]
            ),
        },
    )


def _page_of_contacts(participant: Participant, before: str) -> tuple[list[Contact], str]:
    """The newest contacts, or those before the one named, and the link to what is older."""
    found = Contact.objects.for_participant(participant)
    edge = found.filter(reference=before).first() if before else None
    if edge:
        found = found.filter(Q(at__lt=edge.at) | Q(at=edge.at, pk__lt=edge.pk))
    rows = list(
        found.select_related("by", "spoke_to__person", "identity").prefetch_related(
            "tells__suspect__person", "complaints"
        )[: PAGE + 1]
    )
    older = f"?before={rows[PAGE - 1].reference}" if len(rows) > PAGE else ""
    return rows[:PAGE], older


def _as_item(contact: Contact, *, shows_numbers: bool) -> dict[str, Any]:
    """A contact as the timeline component shows it."""
    body = [contact.note] if contact.note else []
    if contact.number_used and shows_numbers:
        body.append(_("Number used: %s.") % contact.number_used)
    if contact.new_number and shows_numbers:
        body.append(_("New number they gave, not checked: %s.") % contact.new_number)
    if told := [event_line(event) for event in contact.tells.all()]:
        body.insert(0, _("Told: %s.") % "; ".join(told))
    if contact.landed:
        body.append(_("How it landed: %s.") % str(contact.get_landed_display()).lower())
    if contact.signposted:
        body.append(_("Pointed to: %s.") % ", ".join(contact.signposted))
    for complaint in contact.complaints.all():
        about = str(complaint.get_about_display()).lower()
        body.append(
            _("%(kind)s, about %(about)s: “%(words)s” Reply due %(day)s.")
            % {
                "kind": complaint.get_kind_display(),
                "about": about,
                "words": complaint.words,
                "day": day(complaint.reply_due_on),
            }
        )
    if contact.despite:
        body.append(_("It was not clear that this was safe. Why it went ahead: %s") % contact.despite)
    who = contact.by.display_name if contact.by else contact.by_collar
    heading = f"{contact.get_channel_display()}: {contact.get_outcome_display()}"
    if contact.spoke_to:
        heading += f" ({contact.spoke_to.person.name})"
    if contact.why_again:
        body.append(_("Tried again at that hour: %s") % contact.why_again)
    if contact.no_task_because:
        body.append(_("No task after it: %s") % contact.no_task_because)
    if contact.identity:
        body.append(_("Who rang was checked: %s.") % str(contact.identity.get_how_display()).lower())
    if contact.direction == Contact.Direction.IN:
        heading = _("They contacted us. %s") % heading
    return {
        "heading": heading,
        "when": moment(contact.at),
        "by": who if contact.is_by_unit else _("%s, officer in the case") % (who or _("Name not given")),
        "body": "\n".join(body),
        "is_failed": contact.has_failed,
    }


def _plan_line(plan: ContactPlan) -> dict[str, str]:
    agreed = {"day": day(plan.agreed_on), "who": plan.agreed_with}
    return {"text": plan.sentence, "note": _("Agreed %(day)s with %(who)s") % agreed}


@allow(Permission.LOG_CONTACT)
def log(request: Request, case: str, participant: str) -> HttpResponse:
    """One page usable while talking: what to know on the left, what happened on the right."""
    part = participant_for(request, case, participant, field_group="call sheet", op=_op(request))
    channel = _asked_channel(request)
    asked, said_told = request.GET.getlist("tell")[:50], request.POST.getlist("tells")[:50]
    known, ticked = known_and_ticked(part, said_told)
    acting = (
        list(part.represented_by.filter(closed_at=None).select_related("person", "case").order_by("pk"))
        if known.is_represented
        else []
    )
    said: Any = SimpleLazyObject(lambda: verdicts_now(request))  # a contact that is saved asks anew
    if acting:
        verdicts_here(request, acting)
    unsafe = whom_not_to_ask(acting, [part])
    is_ours = request.user.may(Permission.VIEW_CONTACTS)
    trying = first_contact(part, said, clock.today(), known=known) if is_ours else None
    identity = _identity(request, part)
    form = LogForm(
        request.POST or None,
        initial=log_initial(channel, _asked_direction(request), asked, clock.now()),
        participant=part,
        acting=[each for each in acting if each.pk not in unsafe],
        events=ticked,
        channel=channel,
        next_steps=_steps_offered(request.user, trying) if is_ours else [],
        is_tried=trying is not None,
        is_colleagues=is_ours and part.officer_id not in (None, request.user.pk),
        is_incoming=_asked_direction(request) == Contact.Direction.IN,
        services=services,
        has_plan=known.has_plan,
    )
    if form.is_valid() and _says_why_again(form, trying):
        contact = _log(form, part, channel, identity, known, request.user)
        if contact is not None:
            messages.success(request, _saved(part, is_tried=trying is not None))
            return redirect(_after_logging(part, form.cleaned_data.get("next", ""), request.user))
    papers = papers_of(part, request.user)
    form.offer([*papers.untold, *told_again(part, [*asked, *said_told], papers.untold)])
    used = said[actions.CLEARED_AS[Contact.Channel(channel)]]
    shows_word = _shows_code_word(request, part, identity)
    context = {
        "participant": part,
        "form": form,
        "draft": _draft_left(request, papers.draft),
        "channel": channel,
        "sheet": sheet_for(
            part,
            papers,
            acting,
            unsafe,
            said,
            request.user,
            shows_code_word=shows_word,
            is_checked=identity is not None,
        ),
        "trying": trying,
        "again": _again_now(trying, channel, request),
        "shows_why_again": bool(form.errors.get("why_again")) or bool(_again_now(trying, channel, request)),
        "is_incoming": _asked_direction(request) == Contact.Direction.IN,
        "identity": identity,
        "asks_word": not shows_word
        and identity is None
        and _asked_direction(request) == Contact.Direction.OUT,
        "caller_url": _caller_url(request, part, channel, asked),
        "blocked": [] if used.allowed else [reason.words for reason in used.reasons],
        "shows_despite": not used.allowed or bool(form.errors.get("despite")),
        "channels": _channel_links(part, channel, said),
        "leave_url": _after_logging(part, "", request.user),
    }
    return render(request, "contacts/log.html", context, status=422 if form.errors else 200)


def _shows_code_word(request: Request, participant: Participant, identity: IdentityCheck | None) -> bool:
    """Whether the word stands on this page, or there is none to show; that it was seen is written down."""
    safe = getattr(participant.person, "safe_contact", None)
    if safe is None or not safe.code_word:
        return True
    is_wanted = _asked_direction(request) == Contact.Direction.OUT or identity is not None
    if not is_wanted or not sees_code_word(request.user, participant):
        return False
    record_access(
        by=request.user,
        op=AccessEntry.Op.CONSULT,
        case=participant.case.reference,
        subject=participant.reference,
        field_group="code word",
        justification=justification(request.user, participant),
        path=request.path,
    )
    return True


def _caller_url(request: Request, participant: Participant, channel: str, tells: list[str]) -> str:
    """Where it is checked who is on the line, and the way back to this call."""
    way = [("direction", _asked_direction(request)), ("channel", channel)]
    way += [("tell", reference) for reference in tells]
    if draft := getattr(request, "draft", None):
        way.append(("draft", draft.reference))
    url = reverse("contacts:caller", args=[participant.case.reference, participant.reference])
    return f"{url}?{urlencode(way)}"


def _draft_left(request: Request, found: Draft | None) -> dict[str, str] | None:
    """What they typed of this person before and did not save, offered where a blank form is opened."""
    if request.method == "POST" or request.GET.get("draft"):
        return None
    return {"url": address_with(found), "when": moment(found.saved_at)} if found else None


def _identity(request: Request, participant: Participant) -> IdentityCheck | None:
    """The check this caller has just passed, as the link from it says; only one's own, and of the last hour."""
    since = clock.now() - CHECK_HOLDS
    return (
        IdentityCheck.objects.filter(
            reference=request.GET.get("check", "")[:20],
            participant=participant,
            by=request.user,
            has_passed=True,
            at__gte=since,
        ).first()
        if request.GET.get("check")
        else None
    )


def _steps_offered(user: User, trying: FirstContact | None) -> list[str]:
    """What may come next for this person. Whether an update was agreed is asked when somebody says so."""
    offered = ["series"] if trying else ["update"]
    offered += _next_steps(user)
    offered += ["officer"] if user.may(Permission.ASK_OFFICER) else []
    return [*offered, "task", "none"]


def _again_now(trying: FirstContact | None, channel: str, request: Request) -> str:
    """A warning before a call that would repeat an hour or a day at which nobody answered; "" for none."""
    is_call = channel in CALLS and _asked_direction(request) == Contact.Direction.OUT
    if trying is None or not is_call or request.method == "POST":
        return ""
    earlier = repeats(clock.now().astimezone(LONDON), trying.attempts, trying.numbers)
    return actions.again_in_words(earlier) if earlier else ""


def _says_why_again(form: LogForm, trying: FirstContact | None) -> bool:
    """A call that failed again at the same hour or on the same day says why it was made then."""
    answers, at = form.cleaned_data, form.at
    is_call = answers["channel"] in CALLS and answers["direction"] == Contact.Direction.OUT
    failed = answers["outcome"] not in (*TELLS, Contact.Outcome.NOT_CONTACTED)
    if trying is None or at is None or not (is_call and failed) or answers["why_again"]:
        return True
    if earlier := repeats(at, trying.attempts, trying.numbers):
        form.add_error("why_again", actions.again_in_words(earlier))
        return False
    return True


def _saved(participant: Participant, *, is_tried: bool) -> str:
    """Contact with Siân Evans saved. Attempt 2 of 3: Tue 24 Nov, afternoon, because ... One query at most."""
    said = _("Contact with %s saved.") % participant.person.name
    series = ContactSeries.objects.open().filter(participant=participant).first() if is_tried else None
    return f"{said} {in_words(series)}" if series else said


def _log(
    form: LogForm,
    participant: Participant,
    channel: str,
    identity: IdentityCheck | None,
    known: Known,
    by: User,
) -> Contact | None:
    """Save what the form says; None when it cannot be, with the reason on the form and nothing typed lost."""
    answers, at = form.cleaned_data, form.at or clock.now()
    spoke_to = answers.get("spoke_to")
    clearance: Clearance | None = None
    is_call = answers["outcome"] != Contact.Outcome.NOT_CONTACTED
    if answers["direction"] == Contact.Direction.OUT and channel in actions.NEEDS_CLEARANCE and is_call:
        used = actions.channel_used(channel, answers["outcome"])
        try:
            clearance = clearance_for(spoke_to or participant, used, at)
        except Blocked as blocked:
            if not answers["despite"]:
                form.add_error("despite", _("%s If it happened already, say here why.") % blocked.sentence)
                return None
        if clearance and not actions.may_be_left(clearance) and not answers["despite"]:
            words = _("Nobody has asked whether a message may be left.")
            form.add_error("despite", _("%s If it happened already, say here why.") % words)
            return None
    try:
        return actions.log(
            participant=participant,
            direction=answers["direction"],
            channel=channel,
            outcome=answers["outcome"],
            at=at,
            note=answers["note"],
            tells=answers.get("tells", []),
            clearance=clearance,
            despite=answers["despite"],
            spoke_to=spoke_to,
            landed=answers["landed"],
            signposted=form.services,
            promises=form.promises,
            complaint=form.discontent,
            why_again=answers["why_again"],
            message=answers.get("message", ""),
            new_number=answers.get("new_number", ""),
            identity=identity if answers["direction"] == Contact.Direction.IN else None,
            **form.next_task,
            read=Read(known, frozenset(event.pk for event in form.events.values())),
            by=by,
        )
    except Refused as refused:
        form.add_error(None, str(refused.sentence))
        return None


def _asked_channel(request: Request) -> str:
    asked = request.POST.get("channel") or request.GET.get("channel", "")
    return asked if asked in OUTCOMES else Contact.Channel.PHONE


def _asked_direction(request: Request) -> str:
    asked = request.POST.get("direction") or request.GET.get("direction")
    return Contact.Direction.IN if asked == "in" else Contact.Direction.OUT


CHECK_HOLDS = timedelta(hours=1)

NEXT = {
    "officer": ("cases:ask", Permission.ASK_OFFICER),
    "plan": ("contacts:plan", Permission.AGREE_PLAN),
    "safe": ("cases:safe-contact", Permission.SET_SAFE_CONTACT),
    "needs": ("needs_assessments:assess", Permission.ASSESS_NEEDS),
}


def _next_steps(user: User) -> list[str]:
    return [step for step, (_n, permission) in NEXT.items() if step != "officer" and user.may(permission)]


def _after_logging(participant: Participant, step: str, user: User) -> str:
    """Where the person goes next. An officer in the case may not read the contacts: back to what is owed."""
    asked = Question.objects.open().filter(participant=participant) if step == "officer" else None
    if step in NEXT and user.may(NEXT[step][1]) and not (asked is not None and asked.exists()):
        name = NEXT[step][0]
    else:
        name = "contacts:list" if user.may(Permission.VIEW_CONTACTS) else "desk:summary"
    return reverse(name, args=[participant.case.reference, participant.reference])


def _channel_links(
    participant: Participant, channel: str, said: dict[Channel, Verdict]
) -> list[dict[str, Any]]:
    """Each way to reach this person: the page for it, and whether it may be used now."""
    url = reverse("contacts:log", args=[participant.case.reference, participant.reference])
    return [
        {
            "label": Contact.Channel(each).label,
            "url": f"{url}?channel={each}",
            "is_current": each == channel,
            **_open_now(each, said[actions.CLEARED_AS[Contact.Channel(each)]]),
        }
        for each in OUTCOMES
    ]


def _open_now(channel: str, verdict: Verdict) -> dict[str, Any]:
    """Whether a way is open now; where only the number or the address is missing, that, and no danger."""
    is_missing = not verdict.allowed and {reason.rule for reason in verdict.reasons} == {"no_destination"}
    held = _("no email address held") if channel == Contact.Channel.EMAIL else _("no phone number held")
    return {"is_allowed": verdict.allowed, "not_held": held if is_missing else ""}


@require_POST
@allow(Permission.LOG_CONTACT)
def promise_kept(request: Request, case: str, participant: str, promise: str) -> HttpResponse:
    """What was promised has been done."""
    part = participant_for(request, case, participant, field_group="promises", op=AccessEntry.Op.ALTER)
    actions.keep_promise(
        promise=get_object_or_404(Promise, participant=part, reference=promise), by=request.user
    )
    messages.success(request, _("Promise marked as kept."))
    return redirect(_after_logging(part, "", request.user))

"""The pages of a plan: agreeing it, keeping it, its versions, the victim's copy, and what they opted out of."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from contacts import planning
from contacts.models import ContactPlan, OptOut, PlanReview
from contacts.plan_changes import changes, compared, lines, not_safe
from contacts.plan_forms import (
    AcknowledgeForm,
    KeepForm,
    OptOutForm,
    PlanForm,
    opt_out_initial,
    plan_initial,
)
from contacts.reaching import verdicts_now
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import listed, participant_for
from victimcare.cases.models import Participant
from victimcare.cases.safe_contact import Channel
from victimcare.cases.standards import Key, numbers_on
from victimcare.faults import Refused, Stale
from victimcare.govuk.dates import day, long_day_within, on_long_day
from victimcare.http import Request

VERSIONS_SHOWN = 50
AT_MOST = 100


def _op(request: Request) -> str:
    return AccessEntry.Op.ALTER if request.method == "POST" else AccessEntry.Op.CONSULT


def _list_url(participant: Participant) -> str:
    return reverse("contacts:list", args=[participant.case.reference, participant.reference])


def _current(participant: Participant) -> ContactPlan | None:
    return ContactPlan.objects.current().filter(participant=participant).select_related("agreed_by").first()


def standing_choice(participant: Participant) -> OptOut | None:
    """What this person does not want to be told now."""
    standing = OptOut.objects.standing().filter(participant=participant)
    return standing.select_related("said_to", "seen_by").first()


@allow(Permission.AGREE_PLAN)
def plan(request: Request, case: str, participant: str) -> HttpResponse:
    """Agree how, how often and about what. When somebody else just did, both are shown."""
    part = participant_for(request, case, participant, field_group="contact plan", op=_op(request))
    current, said = _current(part), verdicts_now(request)
    form = PlanForm(request.POST or None, initial=plan_initial(part, current, clock.today()), verdicts=said)
    theirs, status = None, 200
    if form.is_valid():
        answers = form.cleaned_data
        try:
            planning.agree_plan(
                participant=part,
                number=answers["version"] or 0,
                terms=form.terms,
                agreed_with=answers["agreed_with"],
                agreed_on=answers["agreed_on"],
                by=request.user,
            )
            messages.success(request, _("Plan agreed with %s saved.") % part.person.name)
            return redirect(_list_url(part))
        except Stale as stale:
            theirs, status = current, stale.status
            typed = request.POST.copy()
            typed["version"] = str(current.number if current else 0)
            form = PlanForm(typed, verdicts=said)
            form.add_error(None, str(stale.sentence))
        except Refused as refused:
            status = refused.status
            form.add_error(None, str(refused.sentence))
    elif form.errors:
        status = 422
    form.fields["frequency_days"].help_text = _(
        "Besides what the Code says they are told at once. Our own number is every %(n)d days."
    ) % {"n": numbers_on(clock.today())[Key.UPDATE_EVERY]}
    context = {
        "participant": part,
        "form": form,
        "current": current,
        "not_safe": not_safe(current, said),
        "says": _says(current),
        "theirs": theirs,
        "differs": _differs(theirs, form) if theirs else [],
        "differ_columns": [_("What"), _("Theirs"), _("Yours")],
        "today": clock.today(),
        "reviews": asked_again(part),
        "choice": standing_choice(part),
        "cancel_url": _list_url(part),
    }
    return render(request, "contacts/plan.html", context, status=status)


def _says(plan: ContactPlan | None) -> list[dict[str, str]]:
    """What a plan says, without what it is silent about."""
    return [{"label": line.label, "value": line.said} for line in lines(plan) if line.said] if plan else []


def _differs(theirs: ContactPlan, form: PlanForm) -> list[list[str]]:
    """Each thing that theirs and what was typed here say differently."""
    if set(form.errors) - {"__all__"}:
        return []
    terms = form.terms
    mine = ContactPlan(
        frequency_days=terms.frequency_days,
        channels=list(terms.channels),
        topics=list(terms.topics),
        language=terms.language,
        words=terms.words,
        times=list(terms.times),
        formats=list(terms.formats),
        format_note=terms.format_note,
        may_tell=terms.may_tell,
        silent_unless=terms.silent_unless,
    )
    return [[change.label, change.was or "–", change.now or "–"] for change in changes(theirs, mine)]


def asked_again(participant: Participant) -> list[dict[str, Any]]:
    """The milestones after which this plan is to be agreed anew, with the day by which."""
    reviews = PlanReview.objects.open().filter(participant=participant).select_related("event")
    return [
        {
            "text": f"{review.get_milestone_display()}, {day(review.event.occurred_on)}",
            "due_on": review.due_on,
        }
        for review in reviews[:20]
    ]


@allow(Permission.AGREE_PLAN)
def keep(request: Request, case: str, participant: str) -> HttpResponse:
    """They were asked again at a milestone, and the plan stays as it is."""
    part = participant_for(request, case, participant, field_group="contact plan", op=_op(request))
    current = _current(part)
    if current is None:
        raise Http404
    form = KeepForm(
        request.POST or None, initial={"version": current.number, "kept_with": current.agreed_with}
    )
    if form.is_valid():
        try:
            planning.keep_plan(
                participant=part,
                number=form.cleaned_data["version"] or 0,
                kept_with=form.cleaned_data["kept_with"],
                by=request.user,
            )
            messages.success(request, _("The plan stays as it is."))
            return redirect(_list_url(part))
        except Refused as refused:
            form.add_error(None, str(refused.sentence))
    context = {
        "participant": part,
        "form": form,
        "current": current,
        "says": _says(current),
        "reviews": asked_again(part),
        "cancel_url": _list_url(part),
    }
    return render(request, "contacts/keep_plan.html", context, status=422 if form.errors else 200)


@allow(Permission.VIEW_CONTACTS)
def versions(request: Request, case: str, participant: str) -> HttpResponse:
    """Every version of the plan and every choice about updates, each with what it changed."""
    part = participant_for(request, case, participant, field_group="contact plan")
    plans = list(
        ContactPlan.objects.filter(participant=part).select_related("agreed_by")[: VERSIONS_SHOWN + 1]
    )
    reviews = PlanReview.objects.filter(participant=part).select_related("event", "ended_by")
    choices = OptOut.objects.filter(participant=part).select_related("said_to", "ended_to", "seen_by")
    context = {
        "participant": part,
        "versions": [
            {
                "plan": plan,
                "changes": [[change.label, change.was or "–", change.now or "–"] for change in changed],
                "says": [] if changed else _says(plan),
            }
            for plan, changed in compared(plans)[:VERSIONS_SHOWN]
        ],
        "columns": [_("What changed"), _("Before"), _("Since")],
        "choices": list(choices[:VERSIONS_SHOWN]),
        "reviews": list(reviews.order_by("-asked_at")[:VERSIONS_SHOWN]),
        "today": clock.today(),
        "back_url": _list_url(part),
    }
    return render(request, "contacts/plan_versions.html", context)


@allow(Permission.AGREE_PLAN)
def copy(request: Request, case: str, participant: str) -> HttpResponse:
    """The victim's own copy, to print, in their language. It says by which way it may reach them."""
    part = participant_for(request, case, participant, field_group="contact plan", op=AccessEntry.Op.CONSULT)
    current = _current(part)
    if current is None:
        raise Http404
    post = verdicts_now(request)[Channel.POST]
    context = {
        "participant": part,
        "current": current,
        "copies": [_copy_in(language, current, part) for language in current.language.split(",")],
        "blocked": [] if post.allowed else [reason.sentence for reason in post.reasons],
        "is_large": ContactPlan.Format.LARGE_PRINT in current.formats,
        "back_url": _list_url(part),
    }
    return render(request, "contacts/plan_copy.html", context)


def _copy_in(language: str, plan: ContactPlan, participant: Participant) -> dict[str, Any]:
    """One language of the copy, as plain words."""
    with translation.override(language):
        return {
            "language": language,
            "heading": _("What we agreed with %s") % participant.person.name,
            "agreed": _("Agreed on %(day)s with %(who)s.")
            % {"day": on_long_day(plan.agreed_on), "who": plan.agreed_with},
            "rows": _says(plan),
            "notes": [
                _("You can change this at any time. Ask us."),
                _(
                    "You can say at any time that you do not want updates, and later that you want them again."
                ),
                _("What the Victims’ Code says you are told, we tell you at once, whatever is written here."),
            ],
            "next": _("We will update you by %s.") % long_day_within(plan.due_on) if plan.due_on else "",
        }


# --- Opting out ------------------------------------------------------------------------------------


@allow(Permission.AGREE_PLAN)
def opt_out(request: Request, case: str, participant: str) -> HttpResponse:
    """What they do not want to be told, from a day on; or that they want it again."""
    part = participant_for(request, case, participant, field_group="contact plan", op=_op(request))
    standing = standing_choice(part)
    form = OptOutForm(request.POST or None, initial=opt_out_initial(part, standing, clock.today()))
    status = 200
    if form.is_valid():
        try:
            choice = planning.choose_updates(
                participant=part,
                standing=form.cleaned_data["version"] or 0,
                **form.choice,
                by=request.user,
            )
            messages.success(
                request,
                _("Saved: %(name)s opted out of this: %(what)s.")
                % {"name": part.person.name, "what": choice.of_what}
                if choice
                else _("Saved: %s wants updates again.") % part.person.name,
            )
            return redirect(_list_url(part))
        except Refused as refused:
            status = refused.status
            typed = request.POST.copy()
            typed["version"] = str(standing.pk if standing else 0)
            form = OptOutForm(typed)
            form.add_error(None, str(refused.sentence))
    context = {"participant": part, "form": form, "standing": standing, "cancel_url": _list_url(part)}
    return render(
        request, "contacts/opt_out.html", context, status=422 if form.errors and status == 200 else status
    )


@allow(Permission.DECIDE_SAFETY)
def opt_outs(request: Request) -> HttpResponse:
    """Whoever does not want to hear of a release or of bail, for the supervisors: what nobody acknowledged first."""
    seen = Participant.objects.visible_to(request.user).filter(closed_at=None)
    rows = list(
        OptOut.objects.standing()
        .of_release_news()
        .filter(participant__in=seen.values("pk"))
        .select_related(
            "participant__person", "participant__case", "participant__officer", "said_to", "seen_by"
        )
        .order_by("seen_at", "said_at")[:AT_MOST]
    )
    rows.sort(key=lambda row: row.seen_at is not None)
    listed(request, [row.participant for row in rows], field_group="opt-outs")
    context = {
        "rows": [_as_work(row) for row in rows if row.seen_at is None],
        "seen": [_as_work(row) for row in rows if row.seen_at],
    }
    return render(request, "contacts/opt_outs.html", context)


def _as_work(row: OptOut) -> dict[str, Any]:
    """One choice, for `work_row`."""
    part = row.participant
    references = [part.case.reference, part.reference]
    said = {"day": day(row.said_at), "who": row.said_by, "to": row.said_to, "words": row.words}
    why = _("%(who)s said so to %(to)s on %(day)s.") % said
    return {
        "what": _("%(name)s opted out of release news: %(what)s")
        % {"name": part.person.name, "what": row.of_what.lower()},
        "who": part.person.name,
        "url": reverse("contacts:list", args=references),
        "when": _("From %s") % day(row.from_on),
        "when_note": str(part.officer or _("Nobody allocated")),
        "why": f"{why} “{row.words}”" if row.words else why,
        "how": _("%(who)s on %(day)s: %(note)s")
        % {"who": row.seen_by, "day": day(row.seen_at), "note": row.seen_note}
        if row.seen_at
        else "",
        "button": None
        if row.seen_at
        else {
            "label": _("Acknowledge"),
            "url": reverse("contacts:acknowledge-opt-out", args=references),
            "is_primary": True,
        },
    }


@allow(Permission.DECIDE_SAFETY)
def acknowledge(request: Request, case: str, participant: str) -> HttpResponse:
    """A supervisor knows, and says what was decided."""
    part = participant_for(request, case, participant, field_group="contact plan", op=_op(request))
    choice = get_object_or_404(OptOut.objects.standing().of_release_news(), participant=part)
    form = AcknowledgeForm(request.POST or None)
    if form.is_valid():
        try:
            planning.acknowledge_opt_out(choice=choice, note=form.cleaned_data["note"], by=request.user)
            messages.success(request, _("Kept: you know of it."))
            return redirect("contacts:opt-outs")
        except Refused as refused:
            form.add_error(None, str(refused.sentence))
    context = {
        "participant": part,
        "form": form,
        "choice": choice,
        "cancel_url": reverse("contacts:opt-outs"),
        "submit_label": _("Acknowledge"),
    }
    return render(request, "contacts/acknowledge.html", context, status=422 if form.errors else 200)

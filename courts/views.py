"""The week in court, one hearing with its witnesses, a case's own court page, and what the court sends."""

from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from courts import actions
from courts.finding import case_by_number
from courts.forms import OTHER, ListForm, ResultForm, moment_heard
from courts.models import Court, Hearing, SpecialMeasure, WitnessRequirement
from courts.readiness import Next
from courts.results import name_of
from courts.witnesses import Witness, rows_for, witnesses_of
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import case_for, listed, participant_for
from victimcare.cases.models import Case, Participant
from victimcare.faults import Refused
from victimcare.govuk.dates import day, long_day
from victimcare.http import Request

SHOWN = 100
SATURDAY = 5
NEXT: dict[Next, tuple[Any, str]] = {
    Next.TELL: (gettext_lazy("Not told of the hearing"), "amber"),
    Next.WARN: (gettext_lazy("Not warned"), "red"),
    Next.STAND_DOWN: (gettext_lazy("Not told that they need not come"), "red"),
    Next.APPROVE_LETTER: (gettext_lazy("Letter waits for approval"), "amber"),
    Next.SEND_LETTER: (gettext_lazy("Letter to be sent"), "amber"),
    Next.MEND_LETTER: (gettext_lazy("Letter could not be printed"), "red"),
    Next.ASK_REPLY: (gettext_lazy("Has not said whether they will come"), "amber"),
    Next.UNSURE: (gettext_lazy("Not sure they will come"), "amber"),
    Next.CANNOT_COME: (gettext_lazy("Cannot come: tell the prosecution"), "red"),
    Next.MEASURES: (gettext_lazy("Special measure not answered"), "amber"),
    Next.NOTHING: (gettext_lazy("Nothing in the way"), "green"),
}


def hearing_for(request: Request, reference: str) -> Hearing:
    """The hearing under this reference, if this person may see somebody in its case. Raises Http404."""
    found = (
        Hearing.objects.visible_to(request.user)
        .filter(reference=reference)
        .select_related("case", "court", "suspect__person", "moved_from", "moved_to")
        .first()
    )
    if found is None:
        raise Http404
    return found


@allow(Permission.VIEW_HEARINGS)
@require_safe
def hearings(request: Request) -> HttpResponse:
    """A week by day and court."""
    monday = _monday(request.GET.get("from", ""))
    sunday = monday + timedelta(days=6)
    court = Court.objects.filter(ou=request.GET.get("court", "")).first()
    found = Hearing.objects.visible_to(request.user).between(monday, sunday).standing()
    if court:
        found = found.filter(court=court)
    rows = list(
        found.select_related("case", "court").order_by("listed_on", "court__name", "start_time", "pk")[
            : SHOWN + 1
        ]
    )
    people = _people(request.user, [row.case_id for row in rows[:SHOWN]])
    listed(request, [part for parts in people.values() for part in parts], field_group="hearings")
    required = _required(rows[:SHOWN], [part.pk for parts in people.values() for part in parts])
    context = {
        "days": [
            (on, [_as_row(each, people, required) for each in each_day])
            for on, each_day in groupby(rows[:SHOWN], key=lambda each: each.listed_on)
        ],
        "n": len(rows[:SHOWN]),
        "has_more": len(rows) > SHOWN,
        "monday": monday,
        "sunday": sunday,
        "before_url": _week_url(monday - timedelta(days=7), court),
        "after_url": _week_url(monday + timedelta(days=7), court),
        "courts": _court_tags(monday, court),
        "columns": [_("Time"), _("Court"), _("Hearing"), _("Victims and witnesses"), _("Who must come")],
    }
    return render(request, "courts/hearings.html", context)


def _monday(asked: str) -> date:
    """The Monday of the week asked for; of this week for anything that is not a day we can show.

    At the weekend this week is over: the coming one opens.
    """
    now = clock.today() + timedelta(days=2) if clock.today().weekday() >= SATURDAY else clock.today()
    try:
        asked_day = date.fromisoformat(asked)
    except ValueError:
        asked_day = now
    if not 2015 <= asked_day.year <= 2099:
        asked_day = now
    return asked_day - timedelta(days=asked_day.weekday())


def _week_url(monday: date, court: Court | None) -> str:
    return f"?from={monday.isoformat()}" + (f"&court={court.ou}" if court else "")


def _court_tags(monday: date, chosen: Court | None) -> list[dict[str, Any]]:
    return [
        {
            "label": court.name,
            "url": _week_url(monday, None if chosen and court.pk == chosen.pk else court),
            "is_on": bool(chosen and court.pk == chosen.pk),
        }
        for court in Court.objects.all()[:20]
    ]


def _people(user: User, cases: list[int]) -> dict[int, list[Participant]]:
    """The victims and witnesses of these cases whom this user may see, at most 500 in all."""
    people: dict[int, list[Participant]] = {}
    for part in (
        Participant.objects.visible_to(user)
        .filter(case_id__in=cases, role__in=[Participant.Role.VICTIM, Participant.Role.WITNESS])
        .select_related("person")
        .order_by("role", "pk")[:500]
    ):
        people.setdefault(part.case_id, []).append(part)
    return people


def _required(hearings: list[Hearing], participants: list[int]) -> dict[int, int]:
    """How many of those this user may see must come to each hearing."""
    required: dict[int, int] = {}
    for pk in WitnessRequirement.objects.filter(
        hearing__in=hearings, participant__in=participants, status=WitnessRequirement.Status.REQUIRED
    ).values_list("hearing_id", flat=True):
        required[pk] = required.get(pk, 0) + 1
    return required


def _as_row(hearing: Hearing, people: dict[int, list[Participant]], required: dict[int, int]) -> list[Any]:
    parts = people.get(hearing.case_id, [])
    names = ", ".join(part.person.name for part in parts[:4])
    if len(parts) > 4:
        names = _("%(names)s and %(n)d more") % {"names": names, "n": len(parts) - 4}
    n = required.get(hearing.pk, 0)
    return [
        f"{hearing.start_time:%H:%M}" if hearing.start_time else _("Not fixed"),
        {
            "text": hearing.court.name,
            "note": _("Courtroom %s") % hearing.courtroom if hearing.courtroom else "",
        },
        {
            "text": hearing.get_type_display(),
            "url": reverse("courts:hearing", args=[hearing.reference]),
            "note": hearing.case.offence_title,
        },
        names,
        ngettext("%(n)d person", "%(n)d people", n) % {"n": n} if n else _("Nobody"),
    ]


@allow(Permission.VIEW_HEARINGS)
@require_safe
def hearing(request: Request, hearing: str) -> HttpResponse:
    """The trial page: who must come, what each was told, and the one thing in the way of each."""
    found = hearing_for(request, hearing)
    case_for(request, found.case.reference, field_group="hearing")
    rows = witnesses_of(found, request.user)
    listed(request, [row.participant for row in rows], field_group="hearing")
    context = {
        "hearing": found,
        "rows": [_witness_row(row, found, request.user) for row in rows],
        "facts": _facts(found),
        "may_list": request.user.may(Permission.LIST_HEARING),
        "is_over": found.has_result,
    }
    return render(request, "courts/hearing.html", context)


def _witness_row(row: Witness, hearing: Hearing, user: User) -> dict[str, Any]:
    part = row.participant
    label, colour = NEXT[row.next]
    args = [hearing.reference, part.reference]
    is_open = not hearing.has_result and not hearing.was_moved
    may_warn = user.may(Permission.WARN_WITNESS) and is_open
    return {
        "participant": part,
        "case_url": reverse("courts:case", args=[part.case.reference, part.reference])
        if user.may(Permission.VIEW_COURT)
        else "",
        "requirement": row.requirement,
        "is_required": row.is_required,
        "was_required": row.was_required,
        "told_at": row.told_at,
        "warning": row.warning,
        "letter_url": reverse(
            "letters:letter", args=[part.case.reference, part.reference, row.letter.reference]
        )
        if row.letter and user.may(Permission.VIEW_LETTERS)
        else "",
        "letter": row.letter,
        "reply": row.warning.get_reply_display() if row.warning else "",
        "measures": row.measures,
        "next": label,
        "colour": colour,
        "require_url": reverse("courts:require", args=args) if may_warn and not row.is_required else "",
        "not_required_url": reverse("courts:not-required", args=args) if may_warn and row.is_required else "",
        "warn_url": reverse("courts:warn", args=args)
        if user.may(Permission.WARN_WITNESS) and row.next in {Next.WARN, Next.STAND_DOWN}
        else "",
        "reply_url": reverse("courts:reply", args=args)
        if may_warn and row.is_required and row.warning
        else "",
        "tell_url": reverse("contacts:log", args=[part.case.reference, part.reference])
        if row.next is Next.TELL and user.may(Permission.LOG_CONTACT)
        else "",
    }


def _facts(hearing: Hearing) -> list[dict[str, Any]]:
    facts = [
        {"label": _("Court"), "value": hearing.court.name},
        {"label": _("Day"), "value": long_day(hearing.listed_on)},
        {
            "label": _("Time"),
            "value": f"{hearing.start_time:%H:%M}" if hearing.start_time else _("Not fixed"),
        },
    ]
    if hearing.courtroom:
        facts.append({"label": _("Courtroom"), "value": hearing.courtroom})
    if hearing.suspect:
        facts.append({"label": _("Defendant"), "value": hearing.suspect.person.name})
    facts.append({"label": _("We heard"), "value": day(hearing.listed_learned_at)})
    if hearing.moved_from:
        facts.append({"label": _("Moved from"), "value": day(hearing.moved_from.listed_on)})
    if hearing.has_result:
        facts.append({"label": _("Result"), "value": name_of(hearing.result_code)})
        facts.append({"label": _("Decided"), "value": day(hearing.resulted_on)})
    return facts


@allow(Permission.VIEW_COURT)
@require_safe
def case_court(request: Request, case: str, participant: str) -> HttpResponse:
    """This person's hearings, whether they must come, and the measures they want."""
    part = participant_for(request, case, participant, field_group="court")
    found = list(
        Hearing.objects.filter(case=part.case)
        .select_related("court", "moved_to", "case")
        .order_by("-listed_on", "-pk")[:20]
    )
    rows = rows_for(found, [part])
    measures = SpecialMeasure.objects.filter(participant=part).select_related("checked_by").order_by("pk")
    context = {
        "participant": part,
        "hearings": [_case_row(each, rows[each.pk, part.pk], request.user) for each in found],
        "measures": measures,
        "measure_rows": [_measure_row(each, part, request.user) for each in measures],
        "hearing_columns": [
            _("Day"),
            _("Hearing"),
            _("Must come?"),
            _("Told of it"),
            _("In the way"),
            _("Result"),
        ],
        "measure_columns": [_("Measure"), _("How far"), _("Why"), _("Advisor's check")],
        "may_list": request.user.may(Permission.LIST_HEARING),
        "may_ask": request.user.may(Permission.ASK_FOR_MEASURE)
        and part.role in {Participant.Role.VICTIM, Participant.Role.WITNESS},
    }
    return render(request, "courts/case.html", context)


def _case_row(hearing: Hearing, row: Witness, user: User) -> list[Any]:
    label, colour = NEXT[row.next]
    is_past = hearing.has_result or hearing.was_moved
    shown: dict[str, Any] = {"text": hearing.get_type_display(), "note": hearing.court.name}
    if user.may(Permission.VIEW_HEARINGS):
        shown["url"] = reverse("courts:hearing", args=[hearing.reference])
    return [
        {
            "text": day(hearing.listed_on),
            "note": f"{hearing.start_time:%H:%M}" if hearing.start_time else "",
        },
        shown,
        _("Yes") if row.is_required else (_("No longer") if row.was_required else _("No")),
        day(row.told_at) if row.told_at else _("Not yet"),
        "" if is_past else {"text": "", "tag": label, "colour": colour},
        _("Moved to %s") % day(hearing.moved_to.listed_on)
        if hearing.was_moved
        else (name_of(hearing.result_code) if hearing.has_result else ""),
    ]


def _measure_row(measure: SpecialMeasure, participant: Participant, user: User) -> list[Any]:
    shown: dict[str, Any] = {"text": measure.get_measure_display()}
    if user.may(Permission.RECORD_MEASURE):
        args = [participant.case.reference, participant.reference, measure.reference]
        shown["url"] = reverse("courts:measure", args=args)
    checked = measure.get_finding_display() if measure.checked_by else _("Not checked")
    return [
        shown,
        {"text": measure.get_status_display(), "note": day(measure.status_on)},
        measure.why,
        {"text": checked, "note": measure.check_note},
    ]


@allow(Permission.LIST_HEARING)
def list_hearing(request: Request, case: str = "", participant: str = "") -> HttpResponse:
    """A listing arrives: by crime number, on an open case, or as the new day of a hearing (?moves=)."""
    part = participant_for(request, case, participant, field_group="court") if participant else None
    moved_from = hearing_for(request, request.GET["moves"]) if request.GET.get("moves") else None
    known = part.case if part else (moved_from.case if moved_from else None)
    if moved_from is not None and part is None:
        case_for(request, moved_from.case.reference, field_group="hearing")
    form = ListForm(request.POST or None, case=known, initial=_as_before(moved_from))
    if form.is_valid():
        found = _list(form, known, moved_from, request.user)
        if found is not None:
            messages.success(
                request, _("%s listed. Say who must come, and tell the victims.") % actions.said(found)
            )
            if Hearing.objects.visible_to(request.user).filter(pk=found.pk).exists():
                return redirect("courts:hearing", found.reference)
            return redirect("courts:hearings")
    cancel = (
        reverse("courts:hearing", args=[moved_from.reference]) if moved_from else reverse("courts:hearings")
    )
    if part is not None:
        cancel = reverse("courts:case", args=[part.case.reference, part.reference])
    context = {
        "form": form, "moved_from": moved_from, "participant": part, "cancel_url": cancel,
        "submit_label": _("Move the hearing") if moved_from else _("List the hearing"),
    }  # fmt: skip
    return render(request, "courts/list_hearing.html", context, status=422 if form.errors else 200)


def _as_before(moved_from: Hearing | None) -> dict[str, Any]:
    if moved_from is None:
        return {}
    return {"court": moved_from.court_id, "type": moved_from.type, "suspect": moved_from.suspect_id}


def _list(form: ListForm, known: Case | None, moved_from: Hearing | None, by: User) -> Hearing | None:
    """The hearing; None when it cannot be listed, with the reason on the form."""
    said = form.cleaned_data
    try:
        return actions.list_hearing(
            case=known or case_by_number(said["number"], by=by),
            court=said["court"],
            type=said["type"],
            listed_on=said["listed_on"],
            learned_at=moment_heard(said["learned_on"]),
            start_time=said["start_time"],
            courtroom=said["courtroom"],
            suspect=said.get("suspect"),
            moved_from=moved_from,
            by=by,
        )
    except Refused as refused:
        form.add_error(None, str(refused.sentence))
        return None


@allow(Permission.LIST_HEARING)
def result(request: Request, hearing: str) -> HttpResponse:
    """The result of one hearing, as the court sent it."""
    found = hearing_for(request, hearing)
    case_for(request, found.case.reference, field_group="hearing")
    initial = {"version": found.version, "resulted_on": min(found.listed_on, clock.today())}
    form = ResultForm(request.POST or None, initial=initial)
    if form.is_valid():
        said = form.cleaned_data
        is_other = said["result_code"] == OTHER
        try:
            actions.record_result(
                hearing=found,
                result_code=said["other_code"] if is_other else said["result_code"],
                kinds=said["kinds"] if is_other else (),
                resulted_on=said["resulted_on"],
                learned_at=moment_heard(said["learned_on"]),
                vcs_eligible=said["vcs_eligible"],
                version=said["version"],
                by=request.user,
            )
        except Refused as refused:
            if refused.status != Refused.status:
                raise
            form.add_error(None, str(refused.sentence))
        else:
            messages.success(request, _("Result recorded. The victims are to be told."))
            return redirect("courts:hearing", found.reference)
    context = {
        "form": form,
        "hearing": found,
        "cancel_url": reverse("courts:hearing", args=[found.reference]),
        "submit_label": _("Save the result"),
    }
    return render(request, "courts/result.html", context, status=422 if form.errors else 200)


def op(request: Request) -> str:
    """What is written down of this look: a form that is saved changes something."""
    return AccessEntry.Op.ALTER if request.method == "POST" else AccessEntry.Op.CONSULT

"""Duties that were not kept: the supervisor's list, and the page of each with the call that was late and why."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from compliance import words
from compliance.breach_forms import ACCEPT, UPHOLD, AnswerForm, CloseForm, DisputeForm
from compliance.breaches import (
    answer_breach,
    before_closing,
    close_breach,
    decide_dispute,
    is_a_breach,
    recoveries,
)
from compliance.excuse_views import op_of
from compliance.explain import late_by, rule_of
from compliance.models import ACCOUNTABLE, Breach, Duty
from compliance.models_breach import standing_of
from contacts.models import TELLS, Contact
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.permissions import Permission
from victimcare.cases.access import listed, participant_for
from victimcare.cases.kinds import Kind
from victimcare.cases.models import Event, Participant
from victimcare.govuk.dates import day, due, moment
from victimcare.http import Request
from victimcare.letters.models import Letter
from victimcare.working_days import london_day

PAGE = 25
COUNTED_TO = 1000
ATTEMPTS_SHOWN = 20
CHANGES_SHOWN = 20
STATES = (Breach.State.OPEN, Breach.State.DISPUTED, Breach.State.ACCEPTED, Breach.State.CLOSED)
# What else happened meanwhile and may say why: who had it, and from when it was urgent.
MEANWHILE = (Kind.OFFICER_ALLOCATED, Kind.ENTITLEMENT_SET, Kind.CASE_CLOSED, Kind.CASE_REOPENED)


# --- The list --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What the list was asked for. What cannot be read is left out, never an error."""

    state: str = Breach.State.OPEN
    agency: str = ""
    right: int | None = None
    after: tuple[date, int] | None = None

    @classmethod
    def read(cls, request: Request) -> "Asked":
        said = request.GET
        state, agency, right = said.get("state", ""), said.get("agency", ""), said.get("right", "")
        return cls(
            state if state in STATES else Breach.State.OPEN,
            agency if agency in Breach.Agency else "",
            int(right) if right in {str(n) for n in range(1, 13)} else None,
            _place(said.get("after", "")),
        )

    def url(self, **changes: Any) -> str:
        said = {"state": self.state, "agency": self.agency, "right": self.right or ""} | changes
        return reverse("compliance:breaches") + "?" + urlencode({k: v for k, v in said.items() if v})

    def narrowed(self, rows: "QuerySet[Breach]") -> "QuerySet[Breach]":
        """By agency and right, whatever the state."""
        if self.agency:
            rows = rows.filter(agency=self.agency)
        return rows.filter(right=self.right) if self.right else rows

    def page(self, rows: "QuerySet[Breach]") -> "QuerySet[Breach]":
        """By their deadlines, from where the page before ended; what is closed, the newest first."""
        rows = self.narrowed(rows).filter(state=self.state)
        is_closed = self.state == Breach.State.CLOSED
        if self.after:
            on, pk = self.after
            further = "lt" if is_closed else "gt"
            rows = rows.filter(Q(**{f"due_on__{further}": on}) | Q(**{"due_on": on, f"pk__{further}": pk}))
        return rows.order_by("-due_on", "-pk") if is_closed else rows.order_by("due_on", "pk")


def _place(said: str) -> tuple[date, int] | None:
    """Where the page before ended: 2026-11-20.1234."""
    on, _dot, pk = said.partition(".")
    try:
        found = date.fromisoformat(on)
    except ValueError:
        return None
    return (found, int(pk)) if pk.isascii() and pk.isdigit() and len(pk) < 18 else None


@allow(Permission.WORK_BREACHES)
@require_safe
def breaches(request: Request) -> HttpResponse:
    """Missed duties, and those met late, of people this supervisor may open: by state, agency and right."""
    asked = Asked.read(request)
    visible = Breach.objects.visible_to(request.user)
    found = list(
        asked.page(visible).select_related(
            *(f"duty__{each}" for each in ACCOUNTABLE),
            "duty__event",
            "participant__person",
            "participant__case",
        )[: PAGE + 1]
    )
    shown = found[:PAGE]
    listed(request, [each.participant for each in shown], field_group="breaches")
    mended = recoveries(shown)
    today = clock.today()
    after = f"{shown[-1].due_on}.{shown[-1].pk}" if len(found) > PAGE else ""
    context = {
        "tabs": [
            {
                "label": Breach.State(state).label,
                "n": _capped(asked.narrowed(visible).filter(state=state)),
                "url": asked.url(state=state),
                "is_current": state == asked.state,
            }
            for state in STATES
        ],
        "filters": _filters(asked),
        "columns": [
            _("By when?"),
            _("What was owed"),
            _("Right"),
            _("Who answers"),
            _("Done"),
            _("Put right"),
        ],
        "rows": [_row(each, mended.get(each.pk), today) for each in shown],
        "caption": Breach.State(asked.state).label,
        "is_narrowed": bool(asked.agency or asked.right),
        "all_url": asked.url(agency="", right=""),
        "newer_url": asked.url() if asked.after else "",
        "older_url": asked.url(after=after) if after else "",
    }
    return render(request, "compliance/breaches.html", context)


def _capped(rows: "QuerySet[Breach]") -> str:
    n = rows.order_by()[: COUNTED_TO + 1].count()
    return _("over %(n)d") % {"n": COUNTED_TO} if n > COUNTED_TO else str(n)


def _filters(asked: Asked) -> list[dict[str, Any]]:
    """Every agency and right as something to narrow by, or to take away again."""
    agencies = [
        {
            "label": label,
            "url": asked.url(agency="" if asked.agency == value else value),
            "is_on": asked.agency == value,
        }
        for value, label in Breach.Agency.choices
    ]
    rights = [
        {
            "label": _("Right %(n)d") % {"n": n},
            "url": asked.url(right="" if asked.right == n else n),
            "is_on": asked.right == n,
        }
        for n in (4, 6, 8, 9, 11, 12)  # those with a number of days that the force answers for
    ]
    return [*agencies, *rights]


def _row(breach: Breach, mended: Duty | None, today: date) -> list[Any]:
    duty, part = breach.duty, breach.participant
    by = due(breach.due_on, today)
    is_over = breach.state == Breach.State.CLOSED
    return [
        {"text": _("Closed %s") % day(breach.closed_at)}
        if is_over
        else {"text": by.lead, "note": by.note, "tone": by.tone},
        {
            "text": words.asks(duty.rule, part.person.name),
            "url": reverse("compliance:breach", args=[duty.pk]),
            "note": part.case.reference,
        },
        words.why(breach.right, is_local=False),
        {
            "text": str(breach.get_agency_display()),
            "note": duty.accountable if breach.agency == Breach.Agency.FORCE else "",
        },
        {"text": _("Not yet"), "tone": "danger", "note": _("was due %s") % day(duty.due_on)}
        if duty.settled_on is None
        else {"text": day(duty.settled_on), "note": late_by(duty, today)},
        _mended(mended, today),
    ]


def _mended(duty: Duty | None, today: date) -> dict[str, Any]:
    """Whether the victim was put right, or by when."""
    if duty is None:
        return {"text": "–"}
    if duty.settled_on:
        return {"text": day(duty.settled_on), "note": str(duty.get_status_display()).lower()}
    then = due(duty.due_on, today) if duty.due_on else None
    return {"text": then.lead, "note": then.note, "tone": then.tone} if then else {"text": _("Owed")}


# --- One breach ------------------------------------------------------------------------------------


def _opened(request: Request, pk: int) -> tuple[Duty, Participant, Breach | None]:
    """The duty under this number through its victim's door, and what is recorded of it. Raises Http404."""
    rows = Duty.objects.with_the_accountable().select_related("participant", "case", "event")
    duty = rows.filter(pk=pk).first()
    if duty is None:
        raise Http404
    participant = participant_for(
        request, duty.case.reference, duty.participant.reference, field_group="rights", op=op_of(request)
    )
    people = ("answered_by", "decided_by", "closed_by", "event")
    return duty, participant, Breach.objects.filter(duty=duty).select_related(*people).first()


@allow(Permission.VIEW_RIGHTS)
@require_safe
def breach(request: Request, duty: int) -> HttpResponse:
    """What was owed, what happened until it was done, who answers for it, and how the victim was put right."""
    found, participant, record = _opened(request, duty)
    today = clock.today()
    is_one = is_a_breach(found, today)
    if record is None and not is_one:
        raise Http404
    mended = recoveries([record]).get(record.pk) if record else None
    may = request.user.may(Permission.WORK_BREACHES)
    state = record.state if record else Breach.State.OPEN
    history = _history(record) if record else []
    # A sweep ends the record within minutes; what is no breach any more asks for nothing meanwhile.
    is_to_do = is_one or (mended is not None and mended.status != Duty.Status.OPEN)
    may_close, not_yet = may and is_one and state == Breach.State.ACCEPTED, before_closing(found, mended)
    context = {
        "participant": participant,
        "duty": found,
        "breach": record,
        "standing": standing_of(record.state, record.decision, record.agency) if record else "",
        "is_one": is_one,
        "what": words.asks(found.rule, participant.person.first_name),
        "status": _("Met late") if found.status == Duty.Status.MET_LATE else _("Missed"),
        "late": late_by(found, today),
        # Kept in English, in words that have a translation.
        "ended_because": _(record.ended_because) if record and record.ended_because else _ended_by_now(found),
        "facts": _facts(found, today),
        "story": _story(found, participant, shows_contacts=request.user.may(Permission.VIEW_CONTACTS)),
        "said": [*_said(record), *_said_before(history)] if record else [],
        "mended": _mended_in_words(mended, participant.person.first_name, today) if is_to_do else "",
        "tell_url": _tell_url(found, mended, participant)
        if is_to_do and request.user.may(Permission.LOG_CONTACT)
        else "",
        "deadline": _deadline(record, today) if record else "",
        "may_answer": may and is_one and state in (Breach.State.OPEN, Breach.State.ACCEPTED),
        "may_decide": may and state == Breach.State.DISPUTED,
        "is_mine": bool(record and record.answered_by_id == request.user.pk),
        "may_close": may_close and not not_yet,
        "not_yet": not_yet if may_close else "",
        "changes": _changes(history),
    }
    return render(request, "compliance/breach.html", context)


DO_BY = {
    Breach.State.OPEN: gettext_lazy("To be accepted or disputed by %(day)s."),
    Breach.State.DISPUTED: gettext_lazy("To be decided by %(day)s."),
    Breach.State.ACCEPTED: gettext_lazy("To be closed by %(day)s."),
}


def _deadline(breach: Breach, today: date) -> str:
    """To be closed by Fri 4 Dec. Where that day has passed, by how much. Empty where nothing is left to do."""
    if breach.state not in DO_BY:
        return ""
    said = str(DO_BY[Breach.State(breach.state)]) % {"day": day(breach.due_on)}
    return f"{said} {due(breach.due_on, today).lead}." if breach.due_on < today else said


def _facts(duty: Duty, today: date) -> list[dict[str, str]]:
    said = [
        (_("Which right"), f"{words.why(duty.right, is_local=False)}: {words.RIGHTS[duty.right]}"),
        (_("What happened"), f"{duty.event.title}, {day(duty.clock_on)}"),
        (_("Last day in time"), day(duty.due_on)),
        (_("Done"), _done(duty, today)),
        (_("Whose duty"), duty.accountable),
    ]
    return [{"label": label, "value": value} for label, value in said]


def _done(duty: Duty, today: date) -> str:
    """When they were told, and how late; that it is excused, or was declined, where nobody told them."""
    if not duty.settled_on:
        return _("Not yet")
    if duty.status in (Duty.Status.MET, Duty.Status.MET_LATE):
        return ", ".join(each for each in (day(duty.settled_on), late_by(duty, today)) if each)
    return _("%(status)s, %(day)s.") % {"status": duty.get_status_display(), "day": day(duty.settled_on)}


def _ended_by_now(duty: Duty) -> str:
    """Why it is no breach, where the record does not say so yet."""
    is_told = duty.status in (Duty.Status.MET, Duty.Status.MET_LATE, Duty.Status.OPEN)
    return "" if is_told else str(duty.get_status_display())


def _story(duty: Duty, participant: Participant, *, shows_contacts: bool) -> list[dict[str, Any]]:
    """From what happened to the day it was done, in order: every attempt, and the one that was late."""
    assert duty.due_on is not None  # noqa: S101 - a breach has a date
    today = clock.today()
    ends = min((duty.settled_on or today) + timedelta(days=1), today + timedelta(days=1))
    entries: list[tuple[date, int, str, dict[str, Any]]] = []

    def add(on: date, order: int, key: str, **item: Any) -> None:
        entries.append((on, order, key, item))

    heard = duty.event.learned_on
    add(
        duty.event.occurred_on,
        0,
        "",
        heading=str(duty.event.title),
        when=duty.event.occurred_on,
        body=_("We heard on %(day)s.") % {"day": day(heard)} if heard != duty.event.occurred_on else "",
    )
    add(duty.due_on, 8, "", heading=_("Last day in time"), when=duty.due_on, is_failed=True)
    meanwhile = Event.objects.about(participant).filter(
        kind__in=MEANWHILE, occurred_at__date__gte=duty.event.occurred_on, occurred_at__date__lt=ends
    )
    for event in meanwhile.select_related("by").order_by("pk")[:ATTEMPTS_SHOWN]:
        add(event.occurred_on, 2, event.occurred_at.isoformat(), heading=str(event.title), when=event.occurred_at,
            body=event.detail, by=str(event.by or ""))  # fmt: skip
    if shows_contacts:
        _add_contacts(add, duty, participant, ends)
    elif duty.status == Duty.Status.MET_LATE:
        assert duty.settled_on is not None  # noqa: S101 - it was met
        add(duty.settled_on, 9, "", heading=_("Done, late"), when=duty.settled_on)
    return [item for _on, _order, _key, item in sorted(entries, key=lambda each: each[:3])]


def _add_contacts(add: Any, duty: Duty, participant: Participant, ends: date) -> None:
    rows = Contact.objects.for_participant(participant).select_related("by").order_by("at", "pk")
    within = rows.filter(at__date__gte=duty.event.occurred_on, at__date__lt=ends)
    shown: dict[str, Contact] = {row.reference: row for row in within[:ATTEMPTS_SHOWN]}
    if duty.met_by and duty.met_by not in shown:  # more attempts than are shown: the one that counts is there
        shown |= {row.reference: row for row in rows.filter(reference=duty.met_by)}
    for row in shown.values():
        is_it = row.reference == duty.met_by
        late = late_by(duty, clock.today())
        body = [_("This is what told them: %(late)s.") % {"late": late}] if is_it else []
        body += [row.note] if row.note else []
        add(
            london_day(row.at),
            9 if is_it else 3,
            row.at.isoformat(),
            heading=f"{row.get_channel_display()}, {str(row.get_outcome_display()).lower()}",
            when=row.at,
            body="\n".join(body),
            by=_who(row, duty),
            is_failed=row.outcome not in TELLS,
        )
    if duty.status not in (Duty.Status.MET, Duty.Status.MET_LATE):
        return
    if duty.settled_on and duty.met_by not in shown:
        what = _("Letter sent") if Letter.objects.filter(reference=duty.met_by).exists() else _("Done")
        add(duty.settled_on, 9, "", heading=what, when=duty.settled_on,
            body=_("This is what counts: %(late)s.") % {"late": late_by(duty, clock.today())})  # fmt: skip


def _who(contact: Contact, duty: Duty) -> str:
    """Who made it; an officer known by collar alone is named where they are the officer in the case."""
    case = duty.case
    is_theirs = contact.by is None and contact.by_collar and contact.by_collar == case.oic_collar
    return (case.oic_name if is_theirs else "") or contact.who


def _said(breach: Breach) -> list[dict[str, str]]:
    """What people said of it, as rows of a summary."""
    said = [
        (_("Who answers for it"), str(breach.get_agency_display())),
        (_("Why it was late"), str(breach.get_reason_display()) if breach.reason else ""),
        (_("What happened"), breach.account),
        (_("Answered"), _by(breach.answered_at, breach.answered_by)),
        (
            _("Disputed: who answers instead"),
            str(breach.get_claimed_agency_display()) if breach.claim else "",
        ),
        (_("Why, and how it was discussed"), breach.claim),
        (
            _("Decided"),
            f"{breach.get_decision_display()}. {breach.decision_words} {_by(breach.decided_at, breach.decided_by)}"
            if breach.decision
            else "",
        ),
        (_("What was done about it"), breach.resolution),
        (_("What is learned from it"), breach.learning),
        (_("Closed"), _by(breach.closed_at, breach.closed_by)),
    ]
    return [{"label": label, "value": value} for label, value in said if value]


def _by(at: datetime | None, who: Any) -> str:
    return f"{moment(at)}, {who}" if at else ""


def _history(breach: Breach) -> list[Any]:
    """Each state it was written in, newest first. One query."""
    rows = breach.history.select_related("history_user").order_by("-history_date", "-history_id")
    return list(rows[:CHANGES_SHOWN])


def _said_before(history: list[Any]) -> list[dict[str, str]]:
    """What was said of it until somebody changed the account: who wrote it, and when. Newest first."""
    accounts: list[tuple[tuple[str, ...], Any]] = []
    for row in reversed(history):
        said = (row.reason, row.account, row.claim)
        if row.account and (not accounts or accounts[-1][0] != said):
            accounts.append((said, row))
    return [
        {
            "label": _("Said before it was changed"),
            "value": ". ".join(
                each.rstrip(".")
                for each in (
                    str(Breach.Reason(row.reason).label),
                    row.account,
                    row.claim,
                    _by(row.history_date, row.history_user or _("the system")),
                )
                if each
            ),
        }
        for _words, row in reversed(accounts[:-1])
    ]


def _changes(history: list[Any]) -> list[dict[str, str]]:
    """Who wrote what state when, newest first."""
    return [
        {
            "text": standing_of(row.state, row.decision, row.agency),
            "note": f"{moment(row.history_date)}, {row.history_user or _('the system')}",
        }
        for row in history
    ]


def _mended_in_words(duty: Duty | None, name: str, today: date) -> str:
    """How the victim is put right, in a sentence."""
    if duty is None:
        return ""
    if duty.status in (Duty.Status.MET, Duty.Status.MET_LATE):
        return _("%(name)s was told on %(day)s that we were late (%(by)s).") % {
            "name": name, "day": day(duty.settled_on), "by": duty.met_by,
        }  # fmt: skip
    if duty.status != Duty.Status.OPEN:
        return _("%(status)s, %(day)s.") % {"status": duty.get_status_display(), "day": day(duty.settled_on)}
    by = due(duty.due_on, today).sentence if duty.due_on else ""
    return f"{words.asks(duty.rule, name)}. {by}."


def _tell_url(duty: Duty, mend: Duty | None, participant: Participant) -> str:
    """The page that logs the contact, with what to say ticked: what they were not told yet, and that we were late."""
    if mend is None or mend.status != Duty.Status.OPEN:
        return ""
    rule = rule_of(duty)
    is_to_tell = duty.status == Duty.Status.OPEN and rule is not None and rule.is_told
    about = [mend.event_id, duty.event_id] if is_to_tell else [mend.event_id]
    events = Event.objects.filter(pk__in=about).order_by("pk").values_list("reference", flat=True)
    url = reverse("contacts:log", args=[participant.case.reference, participant.reference])
    return f"{url}?{urlencode({'tell': list(events)}, doseq=True)}"


# --- What is done about it -------------------------------------------------------------------------


@allow(Permission.WORK_BREACHES)
def answer(request: Request, duty: int) -> HttpResponse:
    """Say why it was late; accept it, or dispute it."""
    found, participant, record = _opened(request, duty)
    if record is None and not is_a_breach(found, clock.today()):
        raise Http404
    start = {"version": 0}
    if record and record.state != Breach.State.ENDED:
        start = {"version": record.version, "reason": record.reason, "account": record.account}
    form = AnswerForm(request.POST or None, initial=start, may_dispute=not (record and record.decision))
    if form.is_valid():
        said = form.cleaned_data
        answer_breach(
            duty=found,
            is_accepted=said["answer"] == ACCEPT,
            reason=said["reason"],
            account=said["account"],
            claimed_agency=said.get("claimed_agency", ""),
            claim=said.get("claim", ""),
            version=said["version"] or 0,
            by=request.user,
        )
        messages.success(
            request,
            _("Accepted.") if said["answer"] == ACCEPT else _("Disputed. Another supervisor decides."),
        )
        return redirect("compliance:breach", duty)
    return _form_page(request, found, participant, form, _("Why it was late, and who answers for it"))


@allow(Permission.WORK_BREACHES)
def decide(request: Request, duty: int) -> HttpResponse:
    """Uphold a dispute, or not."""
    found, participant, record = _opened(request, duty)
    if record is None:
        raise Http404
    if record.state != Breach.State.DISPUTED and request.method != "POST":
        messages.error(request, _("Nothing is disputed here, so there is nothing to decide."))
        return redirect("compliance:breach", duty)
    form = DisputeForm(request.POST or None, initial={"version": record.version})
    if form.is_valid():
        said = form.cleaned_data
        decided = decide_dispute(
            breach=record,
            is_upheld=said["answer"] == UPHOLD,
            because=said["because"],
            version=said["version"] or 0,
            by=request.user,
        )
        messages.success(request, f"{decided.get_decision_display()}.")
        return redirect("compliance:breach", duty)
    facts = [row for row in _said(record) if row["value"]]
    return _form_page(request, found, participant, form, _("Decide about the dispute"), facts)


@allow(Permission.WORK_BREACHES)
def close(request: Request, duty: int) -> HttpResponse:
    """Say what was done about it and what is learned."""
    found, participant, record = _opened(request, duty)
    if record is None:
        raise Http404
    not_yet = before_closing(found, recoveries([record]).get(record.pk))
    if not_yet and request.method != "POST":
        messages.error(request, not_yet)
        return redirect("compliance:breach", duty)
    form = CloseForm(request.POST or None, initial={"version": record.version})
    if form.is_valid():
        said = form.cleaned_data
        close_breach(
            breach=record,
            resolution=said["resolution"],
            learning=said["learning"],
            version=said["version"] or 0,
            by=request.user,
        )
        messages.success(request, _("Closed."))
        return redirect("compliance:breach", duty)
    return _form_page(
        request, found, participant, form, _("What was done about it, and what is learned"), _said(record)
    )


def _form_page(
    request: Request,
    duty: Duty,
    participant: Participant,
    form: Any,
    heading: str,
    facts: list[dict[str, str]] | None = None,
) -> HttpResponse:
    today = clock.today()
    context = {
        "participant": participant,
        "form": form,
        "heading": heading,
        "what": words.asks(duty.rule, participant.person.first_name),
        "facts": facts if facts is not None else _facts(duty, today),
        "cancel_url": reverse("compliance:breach", args=[duty.pk]),
    }
    return render(request, "compliance/breach_form.html", context, status=422 if form.errors else 200)

"""Asking the officer in the case, answering, and what is not answered yet."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Avg, Case, Count, DurationField, ExpressionWrapper, F, Q, Value, When
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission
from victimcare.audit.actions import record_access
from victimcare.audit.models import AccessEntry
from victimcare.cases.access import justification, listed, participant_for
from victimcare.cases.forms import ALL_THE_SAME, AnswerForm, AskOfficerForm, ask_whether_to_send
from victimcare.cases.models import Participant, Question
from victimcare.cases.questions import (
    REACHES_NOBODY,
    ask_officer,
    reaching_nobody,
    starting_words,
    who_receives,
)
from victimcare.cases.questions import answer as keep_answer
from victimcare.faults import Refused
from victimcare.govuk.dates import day, due, moment
from victimcare.http import Request

PAGE = 25
LOOKS_BACK = timedelta(days=90)
TEAMS_SHOWN = 50
ABOUT = ("participant__person", "participant__case", "case", "asked_by", "replied_by")


@allow(Permission.ASK_OFFICER)
def ask(request: Request, case: str, participant: str) -> HttpResponse:
    """Send a question to the officer in the case, with the day by which they answer."""
    person = participant_for(request, case, participant, field_group="question", op=_op(request))
    kind = request.GET.get("kind", "")
    kind = kind if kind in Question.Kind and kind != Question.Kind.ROW else ""
    start = {"kind": kind, "words": starting_words(kind, person.person.name) if kind else ""}
    form = AskOfficerForm(request.POST or None, initial=start, case=person.case)
    officer = {"collar": person.case.oic_collar, "team": person.case.oic_team}
    is_named = any(officer.values())
    if form.is_valid():
        answers = form.cleaned_data
        if not is_named:
            officer = {"collar": answers["to_collar"], "team": answers["to_team"]}
    reaches_nobody = any(officer.values()) and not who_receives(case=person.case, **officer)
    if form.is_valid() and reaches_nobody and not is_named and not request.POST.get(ALL_THE_SAME):
        ask_whether_to_send(form, REACHES_NOBODY)
    if form.is_valid():
        try:
            question = ask_officer(
                case=person.case,
                participant=person,
                kind=answers["kind"],
                words=answers["words"],
                to_collar=answers.get("to_collar", ""),
                to_team=answers.get("to_team", ""),
                by=request.user,
            )
        except Refused as refused:
            form.add_error(None, str(refused.sentence))
        else:
            if reaches_nobody:
                messages.warning(request, REACHES_NOBODY)
            else:
                messages.success(
                    request,
                    _("Asked %(who)s. The answer is due by %(day)s.")
                    % {"who": addressee(question), "day": day(question.due_on)},
                )
            return redirect("desk:summary", case, participant)
    earlier = Question.objects.filter(participant=person).select_related(*ABOUT).order_by("-asked_at")[:10]
    context = {
        "form": form,
        "participant": person,
        "earlier": [_of_the_case(question) for question in earlier],
        "goes_to": ", ".join(part for part in (person.case.oic_name, person.case.oic_team) if part),
        "reaches_nobody": REACHES_NOBODY if reaches_nobody and is_named else "",
    }
    return render(request, "cases/ask.html", context, status=422 if form.errors else 200)


def _of_the_case(question: Question) -> dict[str, str]:
    """An earlier question, for a side list."""
    note = (
        _("Answered %s") % day(question.replied_at)
        if question.replied_at
        else due(question.due_on, clock.today()).sentence
    )
    url = reverse("cases:answer", args=[question.reference])
    return {"text": str(question.get_kind_display()), "note": note, "url": url}


def addressee(question: Question) -> str:
    """PC Pugh, Response Blackwood."""
    name = question.case.oic_name if question.case and question.to_collar == question.case.oic_collar else ""
    return ", ".join(part for part in (name or question.to_collar, question.to_team) if part)


@allow(Permission.ANSWER_QUESTION)
def answer(request: Request, question: str) -> HttpResponse:
    """One question and the box for its answer; once answered, both."""
    found = _question_for(request, question)
    form = AnswerForm(request.POST or None, initial={"version": found.version})
    if request.method == "POST" and form.is_valid():
        answers = form.cleaned_data
        keep_answer(question=found, reply=answers["reply"], version=answers["version"] or 0, by=request.user)
        messages.success(request, _("Thank you. Your answer was sent to whoever asked."))
        return redirect(_back(request.user))
    context = {
        "question": found,
        "form": form if found.replied_at is None else None,
        "due": due(found.due_on, clock.today()),
        "addressee": addressee(found),
        "reaches_nobody": REACHES_NOBODY if found.replied_at is None and _unreached([found]) else "",
        "is_for_me": request.user.may(Permission.SEE_OWN_QUESTIONS),
        "cancel_url": reverse(_back(request.user)),
    }
    return render(request, "cases/answer.html", context, status=422 if form.errors else 200)


def _back(user: User) -> str:
    return "cases:questions" if user.may(Permission.ASK_OFFICER) else "cases:questions-to-me"


def _question_for(request: Request, reference: str) -> Question:
    """The question, if this person may see it: an officer in the case only theirs. The look is kept."""
    user = request.user
    seen = Question.objects.visible_to(user)
    if not user.may(Permission.ASK_OFFICER):
        seen = seen & Question.objects.asked_of(user)
    found = seen.select_related(*ABOUT).filter(reference=reference).first()
    if found is None:
        raise Http404
    person = found.participant
    record_access(
        by=user,
        op=_op(request),
        case=found.case.reference if found.case else "",
        subject=person.reference if person else "",
        field_group="question",
        justification=justification(user, person) if person else "",
        path=request.path,
    )
    return found


@allow(Permission.SEE_OWN_QUESTIONS)
def to_me(request: Request) -> HttpResponse:
    """What the unit asks this officer about their own crimes, what is due first on top."""
    rows = Question.objects.asked_of(request.user).select_related(*ABOUT)
    open_rows = list(rows.open()[:PAGE])
    answered = list(rows.filter(replied_at__gte=clock.now() - LOOKS_BACK).order_by("-replied_at")[:10])
    listed(request, people_of([*open_rows, *answered]), field_group="questions")
    context = {
        "rows": [as_work(question) for question in open_rows],
        "answered": [_of_somebody(question) for question in answered],
    }
    return render(request, "cases/questions_to_me.html", context)


def _of_somebody(question: Question) -> dict[str, str]:
    return {
        "text": f"{about(question)}: {question.get_kind_display()}",
        "note": _("Answered %s") % moment(question.replied_at) if question.replied_at else "",
        "url": reverse("cases:answer", args=[question.reference]),
    }


def about(question: Question) -> str:
    """Whom or what it is about."""
    if question.participant:
        return question.participant.person.name
    return question.about_row or (question.case.occurrence_no if question.case else "")


def people_of(questions: list[Question]) -> list[Participant]:
    """Everybody these questions name, once each, for the access log."""
    return list({q.participant.pk: q.participant for q in questions if q.participant}.values())


def as_work(question: Question) -> dict[str, Any]:
    """A question as a row of work for the officer who answers it."""
    who = about(question)
    return {
        "what": _("Answer about %(who)s: %(what)s")
        % {"who": who, "what": str(question.get_kind_display()).lower()},
        "who": who,
        "url": reverse("cases:answer", args=[question.reference]),
        "due_on": question.due_on,
        "why": question.words,
        "note_for_me": _("%(who)s asked on %(day)s.")
        % {"who": question.asked_by, "day": day(question.asked_at)},
        "button": {
            "label": _("Answer"),
            "url": reverse("cases:answer", args=[question.reference]),
            "is_primary": question.due_on <= clock.today(),
        },
    }


# --- What is not answered --------------------------------------------------------------------------


@allow(Permission.ASK_OFFICER)
def questions(request: Request) -> HttpResponse:
    """What officers in the case have not answered, the oldest first, and how each of their teams answers."""
    user, today = request.user, clock.today()
    team = request.GET.get("team", "")[:80]
    rows = Question.objects.visible_to(user).open().select_related(*ABOUT)
    if team:
        rows = rows.filter(to_team=team)
    after = _after(request.GET.get("after", ""))
    if after:
        rows = rows.filter(Q(due_on__gt=after.due_on) | Q(due_on=after.due_on, pk__gt=after.pk))
    found = list(rows.order_by("due_on", "pk")[: PAGE + 1])
    shown = found[:PAGE]
    unreached = _unreached(shown)
    listed(request, people_of(shown), field_group="questions")
    here = reverse("cases:questions")
    context = {
        "columns": [_("About"), _("What"), _("Asked"), _("Due"), _("Asked of")],
        "rows": [_in_a_row(question, reaches_nobody=question.pk in unreached) for question in shown],
        "caption": _("Not answered, what is due first on top"),
        "league": league(user),
        "league_columns": [
            _("Team"),
            {"label": _("Late now"), "is_number": True},
            {"label": _("Waiting"), "is_number": True},
            {"label": _("Answered in time"), "is_number": True},
            {"label": _("Days to answer"), "is_number": True},
        ],
        "filters": [{"label": team, "url": here, "is_on": True}] if team else [],
        "older_url": f"{here}?after={shown[-1].reference}" + (f"&team={team}" if team else "")
        if len(found) > PAGE
        else "",
        "newer_url": here if after else "",
        "today": today,
    }
    return render(request, "cases/questions.html", context)


def _after(reference: str) -> Question | None:
    return Question.objects.filter(reference=reference).first() if reference else None


def _unreached(questions: list[Question]) -> set[int]:
    """Which of these reach nobody. One query."""
    rows = Question.objects.filter(pk__in=[question.pk for question in questions])
    return set(reaching_nobody(rows).values_list("pk", flat=True)) if questions else set()


def _in_a_row(question: Question, *, reaches_nobody: bool) -> list[Any]:
    said = due(question.due_on, clock.today())
    person = question.participant
    age = (clock.today() - question.asked_at.date()).days
    return [
        {
            "text": about(question),
            "url": reverse("desk:summary", args=[person.case.reference, person.reference]) if person else "",
            "note": question.case.occurrence_no if question.case else "",
        },
        {
            "text": str(question.get_kind_display()),
            "url": reverse("cases:answer", args=[question.reference]),
        },
        {
            "text": day(question.asked_at),
            "note": _("%(n)s by %(who)s")
            % {
                "n": ngettext("%(n)d day ago,", "%(n)d days ago,", age) % {"n": age} if age else _("today,"),
                "who": question.asked_by,
            },
        },
        {
            "text": said.lead,
            "note": said.note,
            "tone": {"overdue": "danger", "today": "due"}.get(said.tone, ""),
        },
        {
            "text": addressee(question),
            "note": _("Reaches nobody here: ring or write to them") if reaches_nobody else "",
        },
    ]


def league(user: User) -> list[list[Any]]:
    """Each team of officers: late and waiting now, and how it answered in the last 90 days. One query.

    Counts only what the reader may see.
    """
    today, since = clock.today(), clock.now() - LOOKS_BACK
    answered = Q(replied_at__gte=since)
    took = ExpressionWrapper(F("replied_at") - F("asked_at"), output_field=DurationField())
    in_time = answered & Q(replied_at__date__lte=F("due_on"))
    rows = (
        Question.objects.visible_to(user)
        .filter(Q(replied_at=None) | answered)
        .order_by()
        .annotate(team=Case(When(to_team="", then=Value("")), default=F("to_team")))
        .values("team")
        .annotate(
            late=Count("pk", filter=Q(replied_at=None, due_on__lt=today)),
            waiting=Count("pk", filter=Q(replied_at=None)),
            answered=Count("pk", filter=answered),
            in_time=Count("pk", filter=in_time),
            took=Avg(took, filter=answered),
        )
        .order_by("-late", "-waiting", "team")[:TEAMS_SHOWN]
    )
    here = reverse("cases:questions")
    return [
        [
            {"text": row["team"] or _("No team named"), "url": f"{here}?team={row['team']}"}
            if row["team"]
            else _("No team named"),
            {"text": row["late"], "tone": "danger" if row["late"] else ""},
            row["waiting"],
            _("%(n)d of %(all)d") % {"n": row["in_time"], "all": row["answered"]} if row["answered"] else "–",
            f"{row['took'] / timedelta(days=1):.1f}" if row["took"] is not None else "–",
        ]
        for row in rows
    ]


def _op(request: Request) -> AccessEntry.Op:
    return AccessEntry.Op.ALTER if request.method == "POST" else AccessEntry.Op.CONSULT

"""What the application tells somebody: notifications in words, and the page that lists them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from compliance.models import Excuse
from compliance.packs.models import Pack
from contacts.models import Contact, Telling, UrgentCall
from contacts.models import Promise as PromiseKept  # beside Django's
from contacts.snoozing import latest_day, may_be_snoozed, snooze
from desk.forms import SnoozeForm
from referrals.models import Handover
from victimcare import clock
from victimcare.accounts.access import anyone_signed_in
from victimcare.accounts.models import Notification, StaffMail, User
from victimcare.accounts.notify import read, read_all
from victimcare.cases.access import listed
from victimcare.cases.models import Participant, Question
from victimcare.cases.question_views import about as about_whom
from victimcare.faults import Refused
from victimcare.govuk.dates import clock_time, day, moment
from victimcare.http import Request
from victimcare.letters.models import Letter
from victimcare.messaging.models import Message

AT_MOST = 100
OLD_SHOWN = 50
MAIL_SHOWN = 7

# Each kind in words. The subject is a reference: no notification carries a name.
KINDS: dict[str, Promise] = {
    "update_due": lazy("An agreed update is due"),
    "release_news_off": lazy("Somebody opted out of release news. Say that you know"),
    "duty_due": lazy("Something is owed under the Victims’ Code"),
    "promise_due": lazy("A promise or a task is due"),
    "review_due": lazy("How to reach them safely is to be asked again"),
    "plan_review_due": lazy("How often they want to hear is to be agreed anew"),
    "question_due": lazy("The Victim Care Unit waits for your answer about"),
    "answer_due": lazy("The officer in the case has not answered about"),
    "row_answer_due": lazy("The officer has not answered about a row of an extract"),
    "contact_not_cleared": lazy("A contact was made although it was not clear to be safe"),
    "handover": lazy("People are handed over to you. Read the brief"),
    "officer_left": lazy("An officer left, and their open cases need somebody"),
    "letter_ready": lazy("A letter is ready to send"),
    "letter_parked": lazy("A letter could not be printed"),
    "evidence_ready": lazy("An evidence pack is ready"),
    "evidence_parked": lazy("An evidence pack could not be made"),
    "pack_ready": lazy("A pack is ready"),
    "pack_parked": lazy("A pack could not be made"),
    "message_failed": lazy("A text or an email did not arrive"),
    "mail_failed": lazy("An email to you could not be sent"),
    "message": lazy("A message from whoever answered a call"),
    "caller_not_known": lazy("A caller gave wrong answers about"),
    "officers_minute": lazy("Victims of your crimes are to be told. Open the page and say what became of it"),
    "officer_silent": lazy("An officer of yours has not said whether they told a victim"),
    "officer_passed_on": lazy("The officer in the case has not told"),
    "urgent_call": lazy("Ring at once"),
    "urgent_call_late": lazy("Nobody has rung in time"),
    "question_asked": lazy("The Victim Care Unit asks you about"),
    "question_answered": lazy("The officer in the case answered"),
    "excuse_agreed": lazy("A supervisor agreed that a duty is excused"),
    "excuse_refused": lazy("A supervisor did not agree to excuse a duty. The rights page says why"),
    "row_question_answered": lazy("The officer answered about a row of an extract"),
    "danger": lazy("Somebody may be in danger now"),
    "extract_parked": lazy("An extract could not be read to its end"),
    "extract_refused": lazy("A file in the drop folder could not be read"),
    "extract_not_withdrawn": lazy("An extract could not be withdrawn"),
    "figures_differ": lazy("The figures of intake do not agree"),
}
# What the officer in the case said before the unit heard of it; nothing, where they said nothing.
PASSED_ON: dict[str, Promise] = {
    Telling.Answer.HANDED_OVER: lazy("The officer in the case asks you to tell"),
    Telling.Answer.COULD_NOT: lazy("The officer in the case could not tell"),
}
# Levels that say when: where the notice has its day, that is said instead, and only once.
SAY_WHEN = {Notification.Level.DUE_SOON, Notification.Level.DUE_TODAY}
# Where a notice's subject is not the participant: which rows lead from its reference to the participant.
LEADS: dict[str, Any] = {
    "contact_not_cleared": Contact,
    "letter_ready": Letter,
    "letter_parked": Letter,
    "evidence_ready": Pack,
    "evidence_parked": Pack,
    "message_failed": Message,
    "message": Contact,
    "officer_passed_on": Telling,
    "urgent_call": UrgentCall,
    "urgent_call_late": UrgentCall,
    "promise_due": PromiseKept,
    "excuse_agreed": Excuse,
    "excuse_refused": Excuse,
}
# About a question to the officer in the case: whoever it is asked of may see it, and of the case no more.
OF_A_QUESTION = {"question_due", "answer_due", "question_asked", "question_answered"}
# Those about a colleague and nobody else: they name the colleague.
OF_A_COLLEAGUE = {"officer_left", "handover", "officers_minute", "officer_silent"}
# About no person: the subject is a question, an extract or a day, and is said as it is.
OF_NOBODY = {
    "mail_failed", "row_answer_due", "row_question_answered", "extract_parked", "extract_refused",
    "extract_not_withdrawn", "figures_differ", "pack_ready", "pack_parked",
}  # fmt: skip


def in_words(notices: Iterable[Notification], reader: User) -> tuple[list[dict[str, Any]], list[Participant]]:
    """These notices as rows, and the people they name: those whom the reader may still see.

    At most seven queries, however many notices.
    """
    notices = list(notices)
    questions = _questions(notices, reader)
    about = _about(notices, reader)
    about |= {subject: asked.participant for subject, asked in questions.items() if asked.participant}
    named = _colleagues(notices) | {subject: about_whom(asked) for subject, asked in questions.items()}
    said = _passed_on(notices)
    rows = [_row(notice, about.get(notice.subject), named, said.get(notice.subject)) for notice in notices]
    return rows, list({person.pk: person for person in about.values()}.values())


def _questions(notices: list[Notification], reader: User) -> dict[str, Question]:
    """The question of each notice about one, by its subject, that the reader may still see. One query at most."""
    subjects = [notice.subject for notice in notices if notice.kind in OF_A_QUESTION]
    if not subjects:
        return {}
    seen = Question.objects.visible_to(reader).filter(reference__in=subjects)
    found = seen.select_related("case", "participant__person", "participant__case", "participant__officer")
    return {question.reference: question for question in found}


def _colleagues(notices: list[Notification]) -> dict[str, str]:
    """The colleague each notice about one names, by its subject. Two queries, none where there is none."""
    left = [notice.subject for notice in notices if notice.kind in ("officer_left", "officer_silent")]
    handed = [notice.subject for notice in notices if notice.kind == "handover"]
    found: dict[str, str] = {}
    if left:
        found.update(User.objects.filter(reference__in=left).values_list("reference", "display_name"))
    if handed:
        rows = Handover.objects.filter(reference__in=handed)
        found.update(rows.values_list("reference", "from_officer__display_name"))
    return found


def _passed_on(notices: list[Notification]) -> dict[str, Promise]:
    """How each notice of a victim passed on begins, by its subject, where the officer answered. One query."""
    subjects = [notice.subject for notice in notices if notice.kind == "officer_passed_on"]
    if not subjects:
        return {}
    rows = Telling.objects.filter(reference__in=subjects).values_list("reference", "answer")
    return {reference: PASSED_ON[answer] for reference, answer in rows if answer in PASSED_ON}


def _about(notices: list[Notification], reader: User) -> dict[str, Participant]:
    """Whom each subject concerns, by the subject, as far as the reader may see them today."""
    subjects: dict[Any, set[str]] = {}
    for notice in notices:
        if notice.kind not in OF_A_COLLEAGUE | OF_NOBODY | OF_A_QUESTION:
            subjects.setdefault(LEADS.get(notice.kind, Participant), set()).add(notice.subject)
    leads: dict[str, int] = {}
    for model, references in subjects.items():
        to = "pk" if model is Participant else "participant_id"
        leads.update(model.objects.filter(reference__in=references).values_list("reference", to))
    if not leads:
        return {}
    seen = Participant.objects.visible_to(reader).select_related("person", "case", "officer")
    people = seen.in_bulk({pk for pk in leads.values() if pk is not None})
    return {subject: people[pk] for subject, pk in leads.items() if pk in people}


def _row(
    notice: Notification,
    person: Participant | None,
    named: Mapping[str, str],
    passed_on: Promise | None = None,
) -> dict[str, Any]:
    said = str(passed_on or KINDS.get(notice.kind, lazy("Something to look at")))
    due = _("Due %(day)s.") % {"day": day(notice.due_on)} if notice.due_on else ""
    is_said_by_day = bool(notice.due_on) and notice.level in SAY_WHEN
    is_level_said = notice.level != Notification.Level.NEWS and not is_said_by_day
    level = f"{notice.get_level_display()}." if is_level_said else ""
    is_known = person is not None or notice.kind in OF_A_COLLEAGUE | OF_NOBODY or notice.subject in named
    if notice.kind in OF_A_COLLEAGUE or notice.subject in named:
        who = named.get(notice.subject, "")
    elif notice.kind in OF_NOBODY:
        who = notice.subject
    else:
        who = person.person.name if person else _("somebody you may no longer see")
    what = _("%(what)s: %(who)s") % {"what": said, "who": who} if who else said
    where = _where(person) if person else ""
    row = {
        "text": what,  # for a side list
        "what": what,  # for a row of work
        "who": what,
        "url": notice.url if is_known else "",
        "when": day(notice.created_at),
        "when_note": clock_time(notice.created_at),
        "why": " ".join(part for part in (where, level, due) if part),
        "note": " ".join(part for part in (where, level, due) if part) or moment(notice.created_at),
        "is_read": notice.read_at is not None,
    }
    if notice.snoozed_until and notice.snoozed_until > clock.today():
        shown = _("Put off until %(day)s: %(why)s") % {
            "day": day(notice.snoozed_until),
            "why": notice.snooze_reason,
        }
        return row | {"note_for_me": shown, "is_put_off": True}
    if may_be_snoozed(notice):
        url = reverse("desk:snooze", args=[notice.pk])
        row["button"] = {"label": _("Put off"), "url": url, "is_primary": False}
    return row if row["is_read"] else row | {"select_name": "which", "select_value": notice.pk}


def _where(person: Participant) -> str:
    """VC-2K7M, Olwen Officer."""
    officer = person.officer.display_name if person.officer else _("nobody allocated")
    return f"{person.case.reference}, {officer}."


def unread(user: User, *, room: int = AT_MOST) -> tuple[list[dict[str, Any]], list[Participant]]:
    """The newest notices this person has not read, and the people they name, to be logged by the page."""
    rows = Notification.objects.unread_by(user, clock.today()).order_by("-created_at")
    return in_words(rows[:room], user)


@anyone_signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: Request) -> HttpResponse:
    """Everything this person was told, newest first; one or all marked as read."""
    if request.method == "POST":
        which = request.POST.getlist("which")[:AT_MOST]
        if which == ["all"]:
            read_all(by=request.user)
        else:
            read(by=request.user, pks=[int(pk) for pk in which if re.fullmatch(r"[0-9]{1,17}", pk)])
        return redirect("desk:notifications")
    mine, today = (
        Notification.objects.filter(recipient=request.user).order_by("-created_at", "-pk"),
        clock.today(),
    )
    unread = Notification.objects.unread_by(request.user, today).order_by("-created_at", "-pk")[:AT_MOST]
    waiting = mine.filter(snoozed_until__gt=today, settled_at=None)[:AT_MOST]
    read_lately = mine.exclude(read_at=None)[:OLD_SHOWN]
    notices, people = in_words([*unread, *waiting, *read_lately], request.user)
    listed(request, people, field_group="notices")
    put_off = [notice for notice in notices if notice.get("is_put_off")]
    shown = [notice for notice in notices if not notice.get("is_put_off")]
    context = {
        "new": [notice for notice in shown if not notice["is_read"]],
        "old": [notice for notice in shown if notice["is_read"]],
        "put_off": put_off,
        "mail": [
            _mail_in_words(mail) for mail in StaffMail.objects.filter(recipient=request.user)[:MAIL_SHOWN]
        ],
    }
    return render(request, "desk/notifications.html", context)


def _mail_in_words(mail: StaffMail) -> dict[str, str]:
    """What we emailed this person, kept where they can see it."""
    return {
        "text": mail.body,
        "note": f"{moment(mail.written_at)}. {mail.subject}. {mail.get_status_display()}.",
    }


@anyone_signed_in
def put_off(request: Request, notice: int) -> HttpResponse:
    """Be reminded again on a later day, and say why."""
    row = get_object_or_404(Notification, pk=notice, recipient=request.user)
    words, people = in_words([row], request.user)
    listed(request, people, field_group="notices")
    if not may_be_snoozed(row):
        raise Refused(_("This cannot be put off. Do it, or tell your supervisor why it cannot be done."))
    latest = latest_day(clock.today())
    form = SnoozeForm(request.POST or None, initial={"until": latest})
    if form.is_valid():
        try:
            snooze(
                notice=row,
                until=form.cleaned_data["until"],
                reason=form.cleaned_data["reason"],
                by=request.user,
            )
        except Refused as refused:
            form.add_error("until", str(refused.sentence))
        else:
            messages.success(request, _("Put off. The reminder comes back on the day you chose."))
            return redirect("desk:notifications")
    context = {"form": form, "about": words[0]["what"], "latest": latest}
    return render(request, "desk/put_off.html", context, status=422 if form.errors else 200)

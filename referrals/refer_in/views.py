"""The public form, for somebody who may be watched: no account, no cookie, nothing in the address.

Every page is the answer to a post, and the key to what was answered stands in the page alone, each with a
new one. So going back in the browser shows nothing to whoever does it, and nothing stays when the page is
left. English and Welsh have an address each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv6Address, ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from referrals.refer_in import actions
from referrals.refer_in.actions import TooMany
from referrals.refer_in.forms import PAGES, TITLES, SupportForm, as_posted
from referrals.refer_in.models import UnfinishedForm
from referrals.refer_in.said import said_in
from victimcare.accounts.access import anyone
from victimcare.govuk.dates import day

ADDRESSES = {"en-gb": "referrals:ask-for-support", "cy": "referrals:gofyn-am-gymorth"}
LONGEST = 4000  # of one answer, however wrong: more is no answer
MOST = 40  # values of one question
HONEYPOT = "website"


# Without cookies there is nothing that another site could misuse; what it sends itself is turned away below.
@csrf_exempt
@anyone
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_support(request: HttpRequest, language: str) -> HttpResponse:
    """Somebody asks us for support, in the language of the address."""
    with override(language):
        response = Visit(request, language).answer()
    response["Content-Language"] = language[:2]
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


@dataclass
class Visit:
    """One page of the public form, asked for by somebody."""

    request: HttpRequest
    language: str
    key: str = ""  # of the page that answers

    def answer(self) -> HttpResponse:
        request = self.request
        if request.method != "POST" or request.headers.get("Sec-Fetch-Site") == "cross-site":
            return self.show("start")
        go = request.POST.get("go", "")
        if go == "start":
            return self.begin()
        taken_up = actions.take_up(key=request.POST.get("key", ""))
        if taken_up is None:
            return self.show("start", has_expired=True)
        form, self.key = taken_up
        if form.sent_reference:
            return self.show("sent", form=form)
        page = request.POST.get("page", "")
        if page in PAGES:
            form = actions.keep(form=form, page=page, answers=raw(request, page))
        return self.go_on(form, page, go)

    def begin(self) -> HttpResponse:
        try:
            form, self.key = actions.begin(address=address_of(self.request))
        except TooMany as fault:
            return self.show("start", status=fault.status, sentence=fault.sentence)
        return self.ask(form, next(iter(PAGES)))

    def go_on(self, form: UnfinishedForm, page: str, go: str) -> HttpResponse:
        """Where the button that was pressed leads. Without one that we know, on."""
        pages = list(PAGES)
        if go.startswith("change-") and go.removeprefix("change-") in PAGES:
            return self.ask(form, go.removeprefix("change-"))
        if go == "send":
            return self.send(form)
        if page not in PAGES:
            return self.check(form)
        place = pages.index(page)
        if go == "language":
            return self.ask(form, page)
        if go == "back":
            return self.ask(form, pages[place - 1]) if place else self.show("start")
        if not answered(form, page).is_valid():
            return self.ask(form, page, is_judged=True)
        missing = first_missing(form)
        return self.ask(form, missing) if missing else self.check(form)

    def ask(self, form: UnfinishedForm, page: str, *, key: str = "", is_judged: bool = False) -> HttpResponse:
        """One page of questions, with what was answered before; `is_judged` says what is wrong with it."""
        questions = (
            answered(form, page)
            if is_judged
            else answered(form, page, is_quiet=True)
            if page in form.answers
            else SupportForm(only=PAGES[page], before=before(form, page))
        )
        place = list(PAGES).index(page) + 1
        return self.show(
            "question", form=questions, page=page, title=TITLES[page], place=place, of=len(PAGES)
        )

    def check(self, form: UnfinishedForm, *, status: int = 200, sentence: Any = "") -> HttpResponse:
        """Everything that was answered, before it is sent. What is missing is asked first."""
        missing = first_missing(form)
        if missing:
            return self.ask(form, missing, is_judged=missing in form.answers)
        parts = [{"page": page, "title": TITLES[page], "rows": shown(answered(form, page))} for page in PAGES]
        return self.show("check", status=status, parts=parts, sentence=sentence, honeypot=HONEYPOT)

    def send(self, form: UnfinishedForm) -> HttpResponse:
        if first_missing(form):
            return self.check(form)
        if self.request.POST.get(HONEYPOT, "").strip():
            words = _("Leave the last box empty: only a machine would fill it in. Then send it again.")
            return self.check(form, status=422, sentence=words)
        try:
            sent = actions.send(form=form, said=said_in(everything(form)), address=address_of(self.request))
        except TooMany as fault:
            return self.check(form, status=fault.status, sentence=fault.sentence)
        return self.show("sent", form=sent, is_young=actions.is_young(sent))

    def show(self, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
        other = "en-gb" if self.language == "cy" else "cy"
        context |= {
            "key": self.key,
            "phone": settings.SERVICE_PHONE,
            "exit_url": settings.LEAVE_QUICKLY_URL,
            "here": reverse(ADDRESSES[self.language]),
            "there": reverse(ADDRESSES[other]),
            "other_language": other,
            "csrf_token": "",  # a token would come with a cookie
        }
        return render(self.request, f"refer_in/{name}.html", context, status=status)


def raw(request: HttpRequest, page: str) -> dict[str, list[str]]:
    """What was posted for the questions of a page, right or wrong, as a row can keep it."""
    kept = {}
    for name in PAGES[page]:
        for posted in (name, *(f"{name}_{part}" for part in ("day", "month", "year"))):
            values = request.POST.getlist(posted)[:MOST]
            if values:
                kept[posted] = [keepable(value)[:LONGEST] for value in values]
    return kept


def keepable(text: str) -> str:
    """Without what PostgreSQL keeps in no text: another character that nobody sees, for the field to refuse."""
    return text.replace("\0", "\x01").encode("utf-8", "replace").decode()


def before(form: UnfinishedForm, page: str) -> dict[str, Any]:
    """What the first page was answered, where another depends on it."""
    if page == "ways":
        return {}
    ways: dict[str, Any] = answered(form, "ways").cleaned_data if "ways" in form.answers else {}
    return {"ways": ways.get("ways", [])}


def answered(form: UnfinishedForm, page: str, *, is_quiet: bool = False) -> SupportForm:
    """One page of the form as it was answered; `is_quiet` shows it back and judges nothing."""
    posted = as_posted(form.answers.get(page, {}))
    questions = SupportForm(posted, only=PAGES[page], before=before(form, page), is_quiet=is_quiet)
    if not is_quiet:
        questions.is_valid()
    return questions


def first_missing(form: UnfinishedForm) -> str:
    """The first page that was not answered, or not well; "" when all were."""
    return next(
        (page for page in PAGES if page not in form.answers or not answered(form, page).is_valid()), ""
    )


def everything(form: UnfinishedForm) -> Mapping[str, Any]:
    """The cleaned answers of all pages; a question that was not asked is empty."""
    said: dict[str, Any] = {
        name: [] if name in ("ways", "kinds") else None if name in ("date_of_birth", "reported_on") else ""
        for page in PAGES.values()
        for name in page
    }
    for page in PAGES:
        said |= answered(form, page).cleaned_data
    return said


def shown(questions: SupportForm) -> list[dict[str, Any]]:
    """Each question with its answer in words, for the page on which they are checked."""
    rows = []
    for field in questions:
        answer = questions.cleaned_data.get(field.name)
        choices = dict(getattr(field.field, "choices", ()) or ())
        if isinstance(answer, list):
            words: Any = ", ".join(str(choices[value]) for value in answer)
        elif isinstance(answer, date):
            words = day(answer)
        else:
            words = choices.get(answer, answer) if answer else ""
        if words:
            rows.append({"label": field.label, "value": words})
    return rows


def address_of(request: HttpRequest) -> str:
    """Where a request comes from: what our own proxy wrote down, where there is one. A home has one /64."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.SECURE_PROXY_SSL_HEADER else ""
    written = forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        address = ip_address(written)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return str(address)

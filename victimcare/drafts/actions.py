"""Keep what was typed, put it back, forget it. Knows no form: it keeps what was posted, as it was posted."""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from victimcare import clock
from victimcare.drafts.models import Draft
from victimcare.faults import Refused
from victimcare.prepared import Given, Prepared

SALT, AUTHOR = "victimcare.drafts.answers", "victimcare.drafts.author"
LONGEST = 300_000  # characters of one form's answers
DRAFTS_EACH = 50  # of one author: the oldest goes when there are more
# What belongs to one drawing of the page, or must never be kept.
NOT_KEPT = frozenset({"csrfmiddlewaretoken", "form_key", "typed_by", "save_draft", "draft"})

# What an address carries for one visit alone: the form is the same without it.
OF_ONE_VISIT = frozenset({"draft", "check"})

# What is said there is compared and never kept (a caller's code word).
NEVER_KEPT = frozenset({"contacts:caller"})


def signed_author(user_pk: int) -> str:
    """Who was shown a form, for the form to carry: so that the author is known when their session is over."""
    return signing.Signer(salt=AUTHOR).sign(str(user_pk))


def author_of(token: str) -> int | None:
    """Whom a form was shown to; None for what we did not sign."""
    try:
        return int(signing.Signer(salt=AUTHOR).unsign(token))
    except (signing.BadSignature, ValueError):
        return None


def address_of(request: HttpRequest) -> str:
    """The address of the form, without the draft it names."""
    asked = [
        (name, value)
        for name, value in parse_qsl(request.META.get("QUERY_STRING", ""))
        if name not in OF_ONE_VISIT
    ]
    return request.path + (f"?{urlencode(asked)}" if asked else "")


def address_with(draft: Draft) -> str:
    """The address at which the draft is put back into its form."""
    return f"{draft.url}{'&' if urlsplit(draft.url).query else '?'}draft={draft.reference}"


@transaction.atomic
def keep(*, request: HttpRequest, author: int) -> Draft:
    """Keep what this form says, in place of its draft before. Raises Refused when it is too long to keep."""
    typed = [
        (name, values)
        for name, values in request.POST.lists()
        if name not in NOT_KEPT and "password" not in name and any(values)
    ]
    if sum(len(value) for _name, values in typed for value in values) > LONGEST:
        raise Refused(_("This is too long to be kept as a draft. Shorten it, or save it in parts."))
    url, matched = address_of(request), request.resolver_match
    if len(url) > 500 or (matched and matched.view_name in NEVER_KEPT):
        raise Refused(_("This page cannot keep a draft. Save the form instead."))
    kwargs = matched.kwargs if matched else {}
    draft, is_new = Draft.objects.update_or_create(
        user_id=author,
        url=url,
        defaults={
            "page": matched.view_name if matched else "",
            "subject": str(kwargs.get("participant", ""))[:20],
            "answers": signing.dumps(typed, salt=SALT, compress=True),
            "saved_at": clock.now(),
        },
    )
    if is_new:
        extra = Draft.objects.filter(user_id=author).values_list("pk", flat=True)[DRAFTS_EACH:]
        Draft.objects.filter(pk__in=list(extra)).delete()
    return draft


def answers_of(draft: Draft) -> QueryDict:
    """What was typed, as a form reads it. Empty when the row was not written by us."""
    try:
        typed: Iterable[tuple[str, list[str]]] = signing.loads(draft.answers, salt=SALT)
    except signing.BadSignature:
        typed = ()
    found = QueryDict(mutable=True)
    for name, values in typed:
        found.setlist(name, values)
    return found


@Prepared
def drafts_waiting() -> QuerySet[Draft]:
    """The newest draft of a `page` about a `subject` that its `author` has not saved."""
    kept = Draft.objects.filter(user_id=Given("author"), page=Given("page"), subject=Given("subject"))
    return kept.defer("answers")[:1]


def forget(*, author: int, url: str) -> int:
    """The form was saved, or its draft thrown away."""
    return Draft.objects.filter(user_id=author, url=url).delete()[0]


def throw_away(*, draft: str, author: int) -> int:
    """Throw away one's own draft, by its reference."""
    return Draft.objects.filter(user_id=author, reference=draft).delete()[0]


def forget_old(*, before: datetime) -> int:
    """Forget drafts last saved before this moment. Returns how many."""
    return Draft.objects.filter(saved_at__lt=before).delete()[0]

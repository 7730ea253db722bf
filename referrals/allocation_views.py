"""The pages of allocating: who takes whom, who takes over from whom, and what work is counted in."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from referrals import actions
from referrals.board import Board, board_for
from referrals.draft import Draft, Posted, draft_of, posted, select_all
from referrals.forms import AllocateForm, ReallocateForm, ScaleForm
from referrals.models import WorkloadScale
from referrals.officers import scale_on
from referrals.waiting import Waiting, carried_by, waiting_for
from victimcare import clock
from victimcare.accounts.access import allow
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission, Role
from victimcare.cases.access import listed
from victimcare.govuk.dates import day
from victimcare.http import Request, moment_from

REASON_AT_MOST = 300  # letters that wait with the ticks while a page is turned
NAMED_AT_MOST = 10  # of those left for one reason: the others are counted


# --- Allocating ------------------------------------------------------------------------------------


@allow(Permission.ALLOCATE)
@require_http_methods(["GET", "HEAD", "POST"])
def allocate(request: Request) -> HttpResponse:
    """Everybody without an officer, most urgent first, with a proposal for each; tick, change, save once."""
    here = reverse("referrals:allocate")
    draft, waiting = draft_of(request, "allocation"), waiting_for(request.user)
    form, error = AllocateForm(), ""
    if request.method == "POST":
        page = posted(request.POST)
        error = _problem(page, draft, request.POST.get("do", "save"))
        if not error:
            page.into(draft)
            answer = _leaf(request, draft, waiting, here)
            return answer or _save_allocation(request, draft)
    shown = board_for(request.user, waiting, after=_place(request), chosen=draft.chosen)
    return _page(
        request, shown, "referrals/allocate.html", error, form, {"undo": actions.last_saved(request.user)}
    )


def _save_allocation(request: Request, draft: Draft) -> HttpResponse:
    """Give each to the officer chosen, once; say whom it left and why."""
    saved = actions.allocate(choices=_with_officers(draft), by=request.user)
    draft.clear(request)
    if saved.given:
        words = ngettext("%(n)d victim allocated.", "%(n)d victims allocated.", saved.given)
        messages.success(request, words % {"n": saved.given})
    _name_the_left(request, saved.left, _("Not allocated: %s."))
    return redirect("referrals:allocate")


@allow(Permission.ALLOCATE)
@require_POST
def undo_allocation(request: Request) -> HttpResponse:
    """Take back what was last saved, within fifteen minutes; whoever was worked on stays."""
    undone = actions.undo_allocation(by=request.user)
    if undone.given:
        words = ngettext("%(n)d allocation undone.", "%(n)d allocations undone.", undone.given)
        messages.success(request, words % {"n": undone.given})
    _name_the_left(request, undone.left, _("Not undone, because somebody has worked on them: %s."))
    return redirect("referrals:allocate")


# --- Taking over -----------------------------------------------------------------------------------


@allow(Permission.ALLOCATE)
@require_http_methods(["GET", "HEAD", "POST"])
def reallocate(request: Request, officer: str) -> HttpResponse:
    """The open victims of one officer, with a proposal for each; they change hands for good, with a reason."""
    leaver = _officer_or_404(request.user, officer)
    here = reverse("referrals:reallocate", args=[officer])
    draft, waiting = draft_of(request, f"reallocation-{leaver.pk}"), carried_by(request.user, leaver)
    do = request.POST.get("do", "save")
    # The reason is asked for when they change hands, and not when a page is turned.
    is_saved = request.method == "POST" and do == "save"
    form, error = ReallocateForm(request.POST if is_saved else None, initial={"reason": draft.reason}), ""
    if request.method == "POST":
        page = posted(request.POST)
        draft.reason = request.POST.get("reason", "")[:REASON_AT_MOST]
        error = _problem(page, draft, do)
        if not error:
            page.into(draft)
            answer = _leaf(request, draft, waiting, here)
            if answer is not None:
                return answer
            if form.is_valid():
                return _save_reallocation(request, draft, leaver, form.cleaned_data["reason"])
            draft.keep(request)
    shown = board_for(request.user, waiting, after=_place(request), chosen=draft.chosen, leaver=leaver)
    return _page(request, shown, "referrals/reallocate.html", error, form, {"leaver": leaver})


def _save_reallocation(request: Request, draft: Draft, leaver: User, reason: str) -> HttpResponse:
    """Give each to the officer chosen, and each officer their brief."""
    choices = _with_officers(draft)
    saved = actions.reallocate(choices=choices, from_officer=leaver, reason=reason, by=request.user)
    draft.clear(request)
    if saved.given:
        words = ngettext(
            "%(n)d victim has another officer. The brief is with them.",
            "%(n)d victims have another officer. The briefs are with them.",
            saved.given,
        )
        messages.success(request, words % {"n": saved.given})
    _name_the_left(request, saved.left, _("Not moved: %s."))
    return redirect("referrals:reallocate", leaver.reference)


def _officer_or_404(user: User, reference: str) -> User:
    """An officer of this supervisor's team, working here or gone."""
    found = get_object_or_404(User, reference=reference, team__isnull=False, team_id=user.team_id)
    if not found.has_role(Role.VICTIM_CARE_OFFICER):
        raise Http404
    return found


# --- What both share -------------------------------------------------------------------------------


def _problem(page: Posted, draft: Draft, do: str) -> str:
    """What stands in the way of what was asked for; nothing when nothing does."""
    if page.undecided and do != "clear":
        return _("Choose an officer for each victim you ticked.")
    if do == "save" and not page.ticked and not set(draft.chosen) - set(page.shown):
        return _("Tick the victims to allocate.")
    return ""


def _leaf(request: Request, draft: Draft, waiting: list[Waiting], here: str) -> HttpResponse | None:
    """Keep what was chosen and turn the page, choose all, or clear; None when it is to be saved."""
    do = request.POST.get("do", "save")
    if do == "save":
        return None
    if do == "clear":
        draft.clear(request)
        return redirect(here)
    if do == "all":
        select_all(draft, board_for(request.user, waiting, chosen=draft.chosen).proposed)
    draft.keep(request)
    place = do if _read_place(do) else request.GET.get("after", "")
    return redirect(f"{here}?after={place.replace('+', '%2B')}" if _read_place(place) else here)


def _with_officers(draft: Draft) -> dict[str, tuple[User, int | None]]:
    """The draft with the officers themselves; one who does not exist is nobody's choice."""
    officers = User.objects.in_bulk({officer for officer, _version in draft.chosen.values()})
    return {
        key: (officers[officer], version)
        for key, (officer, version) in draft.chosen.items()
        if officer in officers
    }


def _name_the_left(request: Request, left: list[actions.Left], words: str) -> None:
    if not left:
        return
    by_reason: dict[str, list[str]] = {}
    for each in left:
        by_reason.setdefault(each.why, []).append(each.name)
    messages.warning(request, words % "; ".join(f"{_some(who)}: {why}" for why, who in by_reason.items()))


def _some(names: list[str]) -> str:
    """The first of them, and how many more."""
    said, more = ", ".join(names[:NAMED_AT_MOST]), len(names) - NAMED_AT_MOST
    return _("%(names)s and %(n)d more") % {"names": said, "n": more} if more > 0 else said


def _page(
    request: Request, shown: Board, template: str, error: str, form: Any, more: dict[str, Any]
) -> HttpResponse:
    """The board; ticks of a page that could not be saved are shown as they were posted."""
    if error:
        page = posted(request.POST)
        for row in shown.rows:
            if row.key in page.shown:
                row.is_ticked = row.key in page.ticked
                row.chosen = page.officers.get(row.key, None if row.is_ticked else row.chosen)
    people = [row.participant for row in shown.rows if not row.is_masked]
    listed(request, people, field_group="allocation")
    problems = [{"at": "allocation", "text": error}] if error else []
    problems += [{"at": f"id_{name}", "text": text} for name, said in form.errors.items() for text in said]
    context = {
        "board": shown,
        "problems": problems,
        "form": form,
        "at": clock.now(),
        "after": request.GET.get("after", ""),
    }
    return render(request, template, context | more, status=422 if problems else 200)


def _place(request: Request) -> tuple[int, datetime, int] | None:
    return _read_place(request.GET.get("after", ""))


def _read_place(text: str) -> tuple[int, datetime, int] | None:
    """Where the last page ended. None for anything that is not one of our links."""
    try:
        priority, received, pk = text.split("~")
        at = moment_from(received)
        return (int(priority), at, int(pk)) if at and 0 < int(priority) < 5 and len(pk) < 18 else None
    except ValueError:
        return None


# --- What work is counted in -----------------------------------------------------------------------


@allow(Permission.ALLOCATE)
@require_http_methods(["GET", "HEAD", "POST"])
def workload(request: Request) -> HttpResponse:
    """What work is counted in: the version in force, one that waits to be approved, and writing the next."""
    today = clock.today()
    now = scale_on(today)
    initial = {f"points_{number}": points for number, points in now.points.items()}
    initial |= {"full_week": now.full_week, "looks_ahead": now.looks_ahead, "effective_from": today}
    form = ScaleForm(request.POST or None, initial=initial)
    if form.is_valid():
        scale = actions.write_scale(**form.scale(), by=request.user)
        messages.success(
            request,
            _("Version %(n)d is written. It counts once another supervisor has approved it.")
            % {"n": scale.number},
        )
        return redirect("referrals:workload")
    versions = list(WorkloadScale.objects.select_related("written_by", "approved_by")[:20])
    in_force = WorkloadScale.objects.in_force(today)
    context = {
        "form": form,
        "waits": next((row for row in versions if row.approved_at is None), None),
        "rows": [_version(row, in_force) for row in versions],
        "columns": [_("Version"), _("Points by priority"), _("Full week"), _("Leave"), _("From"), _("Who")],
    }
    return render(request, "referrals/workload.html", context)


def _version(row: WorkloadScale, in_force: WorkloadScale | None) -> list[Any]:
    who = _("Written by %s") % row.written_by
    if row.approved_by:
        who += ", " + _("approved by %s") % row.approved_by
    state = (
        _("in force") if in_force and in_force.pk == row.pk else "" if row.approved_at else _("not approved")
    )
    return [
        {"text": f"{row.number}", "note": state},
        f"{row.points_1}, {row.points_2}, {row.points_3}, {row.points_4}",
        _("%(n)d hours") % {"n": row.full_week},
        _("%(n)d working days ahead") % {"n": row.looks_ahead},
        day(row.effective_from),
        {"text": who, "note": row.reason},
    ]


@allow(Permission.ALLOCATE)
@require_POST
def approve_workload(request: Request, number: int) -> HttpResponse:
    """Let the version that waits count from its day on; or discard it."""
    scale = get_object_or_404(WorkloadScale, number=number)
    if request.POST.get("do") == "discard":
        actions.discard_scale(scale=scale, by=request.user)
        messages.success(request, _("Version %(n)d is discarded.") % {"n": number})
    else:
        actions.approve_scale(scale=scale, by=request.user)
        words = _("Version %(n)d counts from %(day)s.")
        messages.success(request, words % {"n": number, "day": day(scale.effective_from)})
    return redirect("referrals:workload")

"""The people of the unit in the browser: who works here, in which team and role, and when they are away."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, F, Prefetch, Q, Value, When
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from victimcare import clock
from victimcare.accounts import actions
from victimcare.accounts.access import allow
from victimcare.accounts.forms import (
    JoinerForm,
    LeaveForm,
    LeaverForm,
    PeopleFilterForm,
    PersonForm,
    ReturnerForm,
    RolesForm,
    TeamForm,
    TemporaryPasswordForm,
)
from victimcare.accounts.models import Leave, Team, User, UserQuerySet
from victimcare.accounts.permissions import Permission, Role
from victimcare.accounts.skills import LANGUAGES, SKILLS, words_for
from victimcare.faults import Refused
from victimcare.govuk.dates import day
from victimcare.http import Request

PAGE = 100
# The units that do the work first, each by its name; everybody else by the kind of their team.
KINDS_IN_ORDER = (
    Team.Kind.VICTIM_CARE,
    Team.Kind.WITNESS_CARE,
    Team.Kind.OTHER,
    Team.Kind.POLICE,
    Team.Kind.PARTNER,
)
BY_KIND = {
    Team.Kind.POLICE: gettext_lazy("Police teams"),
    Team.Kind.PARTNER: gettext_lazy("Partner organisations"),
}
SERVE_AREAS = {Team.Kind.VICTIM_CARE, Team.Kind.WITNESS_CARE}
CHANGES_SHOWN = 20


# --- The list --------------------------------------------------------------------------------------


@allow(Permission.VIEW_PEOPLE_OF_THE_UNIT)
@require_safe
def people(request: Request) -> HttpResponse:
    """Everybody, team by team: who is here today, who is away and who covers, who has left."""
    today = clock.today()
    form = PeopleFilterForm(request.GET)
    form.is_valid()  # an answer we cannot read narrows nothing
    found = (
        _narrowed(User.objects.all(), form.cleaned_data, today)
        .select_related("team")
        .prefetch_related(_leave_on(today))
        .order_by(_by_kind(), F("team__name").asc(nulls_last=True), "-is_active", "display_name", "pk")
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    groups: dict[str, list[list[Any]]] = {}
    for user in page:
        groups.setdefault(_heading(user.team), []).append(_row(user, today))
    context = {
        "form": form,
        "page": page,
        "groups": list(groups.items()),
        "columns": [_("Name"), _("Role"), _("Today"), _("Skills and languages")],
        "is_narrowed": any(form.cleaned_data.values()),
    }
    return render(request, "accounts/people.html", context)


def _narrowed(users: UserQuerySet, wanted: dict[str, Any], today: date) -> UserQuerySet:
    if wanted.get("q"):
        users = users.filter(Q(display_name__icontains=wanted["q"]) | Q(username__icontains=wanted["q"]))
    if wanted.get("team"):
        users = users.filter(team__reference=wanted["team"])
    if wanted.get("role"):
        users = users.with_role(Role(wanted["role"]))
    match wanted.get("state"):
        case "here":
            users = users.active()
        case "away":
            users = users.active().away_on(today)
        case "left":
            users = users.filter(is_active=False)
    return users


def _by_kind() -> Case:
    places = [When(team__kind=kind, then=Value(place)) for place, kind in enumerate(KINDS_IN_ORDER)]
    return Case(*places, default=Value(len(KINDS_IN_ORDER)))


def _heading(team: Team | None) -> str:
    if team is None:
        return _("No team")
    return str(BY_KIND.get(Team.Kind(team.kind), team.name))


def _leave_on(today: date) -> Prefetch:
    now = Leave.objects.standing().between(today, today).select_related("covered_by")
    return Prefetch("leave", queryset=now, to_attr="leave_now")


def _row(user: User, today: date) -> list[Any]:
    facts = [words_for(user.skills, SKILLS), words_for(user.languages, LANGUAGES)]
    return [
        {"text": user.display_name, "url": reverse("accounts:person", args=[user.reference])},
        {
            "text": user.role_label or _("None"),
            "note": user.team.name if user.team and user.team.kind in BY_KIND else "",
        },
        _state(user, today),
        ", ".join(fact for fact in facts if fact),
    ]


def _state(user: User, today: date) -> dict[str, str]:
    """Here, away or left, in a few words. `user.leave_now` was fetched with the list."""
    if not user.is_active:
        return {"text": _("Left %(day)s") % {"day": day(user.left_on)} if user.left_on else _("Left")}
    for leave in user.leave_now:  # type: ignore[attr-defined]
        cover = (
            _("%(name)s covers") % {"name": leave.covered_by.display_name}
            if leave.covered_by
            else _("No cover")
        )
        return {"text": _("Away until %(day)s") % {"day": day(leave.until_on)}, "note": cover}
    hours = user.hours_on(today)
    if hours is None:
        return {"text": _("Day off") if user.working_hours else ""}
    return {"text": _("%(from)s to %(until)s") % {"from": f"{hours[0]:%H:%M}", "until": f"{hours[1]:%H:%M}"}}


# --- One person ------------------------------------------------------------------------------------


@allow(Permission.VIEW_PEOPLE_OF_THE_UNIT)
@require_safe
def person(request: Request, person: str) -> HttpResponse:
    """One person: what they do, when they work, when they are away, and what was changed about them."""
    user, today = _person(person), clock.today()
    coming = user.leave.standing().filter(until_on__gte=today).select_related("covered_by")
    covers = user.covering.filter(cancelled_at=None, until_on__gte=today).select_related("user")
    context = {
        "person": user,
        "facts": _facts(user),
        "hours": [
            {"label": name, "value": _hours_in_words(user, number)} for number, name in WEEKDAYS.items()
        ],
        "leave": coming,
        "covers": [
            {
                "text": leave.user.display_name,
                "note": f"{day(leave.from_on)} – {day(leave.until_on)}",
                "url": reverse("accounts:person", args=[leave.user.reference]),
            }
            for leave in covers
        ],
        "changes": _changes(user),
        "may_set_leave": user.is_active and _may_set_leave(request.user, user),
        "is_me": user.pk == request.user.pk,
        # Shown once: taken out of the session as it is read.
        "temporary_password": request.session.pop(f"temporary_password:{user.reference}", None),
    }
    return render(request, "accounts/person.html", context)


def _person(reference: str) -> User:
    return get_object_or_404(User.objects.select_related("team", "sergeant"), reference=reference)


def _facts(user: User) -> list[dict[str, Any]]:
    return [
        {"label": _("Username"), "value": user.username},
        {"label": _("Email"), "value": user.email},
        {"label": _("Team"), "value": user.team.name if user.team else ""},
        {"label": _("Roles"), "value": user.role_label},
        {"label": _("Collar number"), "value": user.collar},
        *([{"label": _("Sergeant"), "value": str(user.sergeant)}] if user.sergeant else []),
        {"label": _("Skills"), "value": words_for(user.skills, SKILLS)},
        {"label": _("Languages beside English"), "value": words_for(user.languages, LANGUAGES)},
        {"label": _("Caseload when full"), "value": _("%(n)d points") % {"n": user.caseload_points}},
        {"label": _("Joined"), "value": day(user.joined_on) if user.joined_on else ""},
        *([{"label": _("Left"), "value": day(user.left_on)}] if user.left_on else []),
    ]


def _hours_in_words(user: User, weekday: int) -> str:
    hours = user.working_hours[weekday] if weekday < len(user.working_hours) else None
    return _("%(from)s to %(until)s") % {"from": hours[0], "until": hours[1]} if hours else _("Day off")


def _may_set_leave(by: User, user: User) -> bool:
    same_team = by.team_id is not None and by.team_id == user.team_id
    return by.may(Permission.SET_LEAVE) and (same_team or by.may(Permission.MANAGE_PEOPLE))


def _changes(user: User) -> list[dict[str, Any]]:
    """What was changed about roles, team and being here, newest first, from the rows' own history."""
    rows = list(
        user.history.select_related("history_user").order_by("-history_date", "-history_id")[
            : CHANGES_SHOWN + 1
        ]
    )
    teams = dict(Team.objects.filter(pk__in={row.team_id for row in rows}).values_list("pk", "name"))
    changes = []
    for row, before in zip(rows, [*rows[1:], None], strict=True):
        words = _what_changed(row, before, teams)
        if words and len(changes) < CHANGES_SHOWN:
            who = row.history_user.display_name if row.history_user else ""
            changes.append({"heading": words, "when": row.history_date, "by": who})
    return changes


def _what_changed(row: Any, before: Any, teams: dict[int, str]) -> str:
    if before is None:
        return _("Joined") if row.history_type == "+" else ""
    said = []
    if row.is_active != before.is_active:
        said.append(_("Came back") if row.is_active else _("Left the unit"))
    if row.team_id != before.team_id:
        said.append(_("Moved to %(team)s") % {"team": teams.get(row.team_id, _("no team"))})
    given = [str(Role(role).label) for role in row.roles if role not in before.roles]
    taken = [str(Role(role).label) for role in before.roles if role not in row.roles]
    if given:
        said.append(_("Role given: %(roles)s") % {"roles": ", ".join(given)})
    if taken:
        said.append(_("Role taken away: %(roles)s") % {"roles": ", ".join(taken)})
    if row.working_hours != before.working_hours:
        said.append(_("Working hours changed"))
    return ". ".join(said)


# --- Joiners, movers, leavers ----------------------------------------------------------------------


@allow(Permission.MANAGE_PEOPLE)
def add_person(request: Request) -> HttpResponse:
    initial = {f"hours_{number}": ["09:00", "17:00"] for number in range(5)} | {"caseload_points": 100}
    form = JoinerForm(request.POST or None, initial=initial)
    if form.is_valid():
        user, password = actions.add_user(**_kept(form), by=request.user)
        _show_once(request, user, password)
        messages.success(request, _("%(name)s is added.") % {"name": user.display_name})
        return redirect("accounts:person", user.reference)
    return render(
        request, "accounts/add_person.html", {"form": form, "cancel_url": reverse("accounts:people")}
    )


@allow(Permission.MANAGE_PEOPLE)
def change_person(request: Request, person: str) -> HttpResponse:
    user = _person(person)
    names = (
        "version",
        "display_name",
        "email",
        "team",
        "collar",
        "sergeant",
        "skills",
        "languages",
        "caseload_points",
    )
    form = PersonForm(request.POST or None, user=user, initial={name: getattr(user, name) for name in names})
    if form.is_valid():
        actions.change_user(
            user=user, version=form.cleaned_data["version"] or 0, **_kept(form), by=request.user
        )
        messages.success(request, _("Saved for %(name)s.") % {"name": form.cleaned_data["display_name"]})
        return redirect("accounts:person", person)
    return render(request, "accounts/change_person.html", _page(user, form))


@allow(Permission.MANAGE_PEOPLE)
def roles(request: Request, person: str) -> HttpResponse:
    user = _person(person)
    form = RolesForm(request.POST or None, initial={"version": user.version, "roles": user.roles})
    if form.is_valid():
        actions.set_roles(
            user=user,
            roles=form.cleaned_data["roles"],
            version=form.cleaned_data["version"] or 0,
            by=request.user,
        )
        messages.success(request, _("The roles of %(name)s are saved.") % {"name": user.display_name})
        return redirect("accounts:person", person)
    return render(request, "accounts/roles.html", _page(user, form))


@allow(Permission.MANAGE_PEOPLE)
def leaver(request: Request, person: str) -> HttpResponse:
    user = _person(person)
    form = LeaverForm(request.POST or None, initial={"version": user.version, "left_on": clock.today()})
    if form.is_valid():
        actions.leave_the_unit(
            user=user,
            left_on=form.cleaned_data["left_on"],
            version=form.cleaned_data["version"] or 0,
            by=request.user,
        )
        messages.success(
            request, _("%(name)s has left and is signed out everywhere.") % {"name": user.display_name}
        )
        return redirect("accounts:person", person)
    return render(request, "accounts/leaver.html", _page(user, form))


@allow(Permission.MANAGE_PEOPLE)
def returner(request: Request, person: str) -> HttpResponse:
    user = _person(person)
    form = ReturnerForm(request.POST or None, initial={"version": user.version, "joined_on": clock.today()})
    if form.is_valid():
        user, password = actions.rejoin(
            user=user,
            joined_on=form.cleaned_data["joined_on"],
            version=form.cleaned_data["version"] or 0,
            by=request.user,
        )
        _show_once(request, user, password)
        messages.success(request, _("%(name)s is back.") % {"name": user.display_name})
        return redirect("accounts:person", person)
    return render(request, "accounts/returner.html", _page(user, form))


@allow(Permission.MANAGE_PEOPLE)
def new_password(request: Request, person: str) -> HttpResponse:
    user = _person(person)
    form = TemporaryPasswordForm(request.POST or None, initial={"version": user.version})
    if form.is_valid():
        user, password = actions.reset_password(
            user=user, version=form.cleaned_data["version"] or 0, by=request.user
        )
        _show_once(request, user, password)
        return redirect("accounts:person", person)
    return render(request, "accounts/new_password.html", _page(user, form))


def _kept(form: Any) -> dict[str, Any]:
    """The answers without what only guards the form."""
    return {name: value for name, value in form.cleaned_data.items() if name not in {"form_key", "version"}}


def _page(user: User, form: Any) -> dict[str, Any]:
    return {"person": user, "form": form, "cancel_url": reverse("accounts:person", args=[user.reference])}


def _show_once(request: Request, user: User, password: str) -> None:
    request.session[f"temporary_password:{user.reference}"] = password


# --- Leave -----------------------------------------------------------------------------------------


@allow(Permission.SET_LEAVE)
def leave(request: Request, person: str) -> HttpResponse:
    user = _person(person)
    form = LeaveForm(request.POST or None, user=user)
    if form.is_valid():
        kept = actions.set_leave(user=user, **_kept(form), by=request.user)
        messages.success(request, _("Leave is kept for %(name)s.") % {"name": user.display_name})
        _warn_of_gaps(request, kept)
        return redirect("accounts:person", person)
    return render(request, "accounts/leave.html", _page(user, form))


@allow(Permission.SET_LEAVE)
@require_POST
def cancel_leave(request: Request, person: str) -> HttpResponse:
    """Cancel the leave that starts on `from_on`; no two of one person's start on the same day."""
    user = _person(person)
    try:
        from_on = date.fromisoformat(request.POST.get("from_on", ""))
    except ValueError:
        raise Http404 from None
    found = user.leave.standing().filter(from_on=from_on).first()
    if found is None:
        raise Refused(_("This leave was cancelled already."))
    actions.cancel_leave(leave=found, by=request.user)
    messages.success(request, _("The leave of %(name)s is cancelled.") % {"name": user.display_name})
    return redirect("accounts:person", person)


def _warn_of_gaps(request: Request, leave: Leave) -> None:
    """Say so when somebody who goes away was to cover for others on those days."""
    covered = Leave.objects.standing().between(leave.from_on, leave.until_on).filter(covered_by=leave.user)
    if left_alone := list(covered.select_related("user")):
        names = ", ".join(other.user.display_name for other in left_alone)
        messages.warning(
            request,
            ngettext(
                "%(name)s was to cover for %(names)s then. Choose another to cover.",
                "%(name)s was to cover for these colleagues then: %(names)s. Choose others to cover.",
                len(left_alone),
            )
            % {"name": leave.user.display_name, "names": names},
        )


# --- Teams -----------------------------------------------------------------------------------------


@allow(Permission.VIEW_PEOPLE_OF_THE_UNIT)
@require_safe
def teams(request: Request) -> HttpResponse:
    may_change = request.user.may(Permission.MANAGE_PEOPLE)
    page = Paginator(Team.objects.order_by("name"), PAGE).get_page(request.GET.get("page"))
    in_team: dict[int, int] = {}
    for team_id in (
        User.objects.active().filter(team__in=[team.pk for team in page]).values_list("team", flat=True)
    ):
        in_team[team_id] = in_team.get(team_id, 0) + 1
    rows = [
        [
            {
                "text": team.name,
                "note": team.name_cy,
                "url": reverse("accounts:change-team", args=[team.reference])
                if may_change
                else f"{reverse('accounts:people')}?team={team.reference}",
            },
            team.get_kind_display(),
            _areas(team),
            in_team.get(team.pk, 0),
        ]
        for team in page
    ]
    columns = [_("Team"), _("Kind"), _("Policing areas"), {"label": _("People"), "is_number": True}]
    return render(request, "accounts/teams.html", {"page": page, "rows": rows, "columns": columns})


def _areas(team: Team) -> str:
    if team.kind not in SERVE_AREAS:
        return "–"
    return ", ".join(team.policing_areas) or _("All that no other team takes")


@allow(Permission.MANAGE_PEOPLE)
def add_team(request: Request) -> HttpResponse:
    form = TeamForm(request.POST or None, initial={"day_starts": Team().day_starts})
    if form.is_valid():
        team = actions.add_team(**_kept(form), by=request.user)
        messages.success(request, _("%(team)s is added.") % {"team": team})
        return redirect("accounts:teams")
    return render(request, "accounts/team.html", {"form": form, "cancel_url": reverse("accounts:teams")})


@allow(Permission.MANAGE_PEOPLE)
def change_team(request: Request, team: str) -> HttpResponse:
    found = get_object_or_404(Team, reference=team)
    initial = {name: getattr(found, name) for name in ("version", "name", "name_cy", "kind", "day_starts")}
    initial["policing_areas"] = "\n".join(found.policing_areas)
    form = TeamForm(request.POST or None, initial=initial)
    if form.is_valid():
        actions.change_team(
            team=found, version=form.cleaned_data["version"] or 0, **_kept(form), by=request.user
        )
        messages.success(request, _("%(team)s is saved.") % {"team": form.cleaned_data["name"]})
        return redirect("accounts:teams")
    return render(
        request, "accounts/team.html", {"form": form, "team": found, "cancel_url": reverse("accounts:teams")}
    )

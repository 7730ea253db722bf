"""Every write to the people of the unit: who joins, moves, is away, leaves and comes back."""

import secrets
from datetime import date, datetime, time
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from victimcare import clock
from victimcare.accounts.models import Leave, Notification, SentForm, Team, User
from victimcare.accounts.notify import notify
from victimcare.accounts.permissions import STAND_ALONE, Permission, Role
from victimcare.faults import NotAllowed, Refused, Stale
from victimcare.references import ALPHABET

# What the page of a clash calls each answer.
LABELS: dict[str, Promise] = {
    "display_name": gettext_lazy("Name"),
    "email": gettext_lazy("Email"),
    "team": gettext_lazy("Team"),
    "roles": gettext_lazy("Roles"),
    "collar": gettext_lazy("Collar number"),
    "sergeant": gettext_lazy("Sergeant"),
    "skills": gettext_lazy("Skills"),
    "languages": gettext_lazy("Languages"),
    "caseload_points": gettext_lazy("Caseload when full"),
    "working_hours": gettext_lazy("Working hours"),
    "joined_on": gettext_lazy("Joined"),
    "left_on": gettext_lazy("Left"),
}

CASEWORK = {Role.VICTIM_CARE_OFFICER, Role.WITNESS_CARE_OFFICER}


# --- Joining, changing, leaving --------------------------------------------------------------------


@transaction.atomic
def add_user(
    *,
    username: str,
    display_name: str,
    team: Team | None,
    roles: list[str],
    joined_on: date,
    by: User,
    **fields: Any,
) -> tuple[User, str]:
    """Somebody joins the unit. Returns them and a temporary password, which is kept nowhere else.

    Raises Refused when the username is taken, or when the roles do not go together.
    """
    _check_roles(roles, team)
    password = temporary_password()
    user = User(
        username=username.lower(),
        display_name=display_name,
        team=team,
        roles=_in_order(roles),
        joined_on=joined_on,
        is_password_temporary=True,
        **fields,
    )
    user.set_password(password)
    user._history_user = by
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise Refused(_("Somebody has that username already. Choose another.")) from None
    return user, password


@transaction.atomic
def change_user(*, user: User, version: int, by: User, **fields: Any) -> User:
    """Keep what changed about somebody: name, team, skills, languages, hours, collar, caseload points.

    Raises Stale when somebody else just changed them, Refused when the new team does not suit their roles.
    """
    user = _locked(user, version, theirs=fields)
    for name, value in fields.items():
        setattr(user, name, value)
    _check_roles(user.roles, user.team)
    if user.sergeant_id == user.pk:
        raise Refused(_("Nobody is their own sergeant. Choose somebody else, or nobody."))
    return _save(user, by)


@transaction.atomic
def set_roles(*, user: User, roles: list[str], version: int, by: User) -> User:
    """Give exactly these roles. The next page they open asks the new ones.

    Raises NotAllowed for one's own roles, Refused for roles that do not go together, Stale.
    """
    if user.pk == by.pk:
        raise NotAllowed(_("Nobody changes their own roles. Ask another administrator."))
    user = _locked(user, version, theirs={"roles": roles})
    if not user.is_active:
        raise Refused(_("This person has left the unit. Let them rejoin before you give them roles."))
    _check_roles(roles, user.team)
    user.roles = _in_order(roles)
    return _save(user, by)


def assign_role(*, user: User, role: Role, version: int, by: User) -> User:
    """Give one more role. Raises as `set_roles`."""
    return set_roles(user=user, roles=[*user.roles, role], version=version, by=by)


def remove_role(*, user: User, role: Role, version: int, by: User) -> User:
    """Take one role away. Raises as `set_roles`."""
    return set_roles(user=user, roles=[held for held in user.roles if held != role], version=version, by=by)


@transaction.atomic
def leave_the_unit(*, user: User, left_on: date, version: int, by: User) -> User:
    """Somebody leaves, today or on a day past. Their sessions end at once and their leave is cancelled.

    Their supervisors are told where their open cases are, so that nobody is forgotten. Raises NotAllowed for
    oneself, Refused for a day that cannot be, Stale.
    """
    if user.pk == by.pk:
        raise NotAllowed(_("Nobody signs themselves out of the unit for good. Ask another administrator."))
    user = _locked(user, version, theirs={"left_on": left_on})
    if not user.is_active:
        raise Refused(_("This person has left already."))
    if left_on > clock.today():
        raise Refused(_("That day has not come yet. Record the leaver on their last day."))
    if user.joined_on and left_on < user.joined_on:
        raise Refused(_("That is before they joined. Check the date."))
    user.is_active, user.left_on = False, left_on
    # The session carries a mark made from the password: a new one ends every session, for a returner too.
    user.set_unusable_password()
    _save(user, by)
    for leave in user.leave.standing().filter(until_on__gte=clock.today()):
        cancel_leave(leave=leave, by=by)
    if CASEWORK & set(user.roles):
        _tell_supervisors_of_leaver(user)
    return user


@transaction.atomic
def rejoin(*, user: User, joined_on: date, version: int, by: User) -> tuple[User, str]:
    """Somebody who left comes back, with the roles they had. Returns them and a temporary password.

    Raises Refused when they are here, Stale.
    """
    user = _locked(user, version, theirs={"joined_on": joined_on})
    if user.is_active:
        raise Refused(_("This person works here already."))
    if user.left_on and joined_on < user.left_on:
        raise Refused(_("That is before they left. Check the date."))
    user.is_active, user.joined_on, user.left_on = True, joined_on, None
    return _with_temporary_password(user, by)


@transaction.atomic
def reset_password(*, user: User, version: int, by: User) -> tuple[User, str]:
    """Give a temporary password to somebody who lost theirs; their sessions end. Returns both."""
    user = _locked(user, version)
    if not user.is_active:
        raise Refused(_("This person has left the unit. Let them rejoin first."))
    return _with_temporary_password(user, by)


# --- Leave -----------------------------------------------------------------------------------------


@transaction.atomic
def set_leave(
    *, user: User, kind: Leave.Kind, from_on: date, until_on: date, covered_by: User | None, by: User
) -> Leave:
    """Keep that somebody is away, both days included, and who covers.

    Raises NotAllowed for somebody of another team (administrators set anybody's), Refused when the days
    overlap other leave or when the cover is not there.
    """
    _may_set_leave(user, by)
    # One at a time for one person, so that two tabs cannot both find the days free.
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if not user.is_active:
        raise Refused(_("This person has left the unit, so there is no leave to keep."))
    if until_on < from_on:
        raise Refused(_("The last day is before the first. Check the dates."))
    if user.leave.standing().between(from_on, until_on).exists():
        raise Refused(
            _("There is leave on some of these days already. Cancel it first, or choose other days.")
        )
    if covered_by is not None:
        _check_cover(user, covered_by, from_on, until_on)
    leave = Leave(user=user, kind=kind, from_on=from_on, until_on=until_on, covered_by=covered_by)
    leave._history_user = by
    leave.save()
    return leave


@transaction.atomic
def cancel_leave(*, leave: Leave, by: User) -> Leave:
    """The leave is off; it is kept as cancelled. Raises NotAllowed, or Refused when it was cancelled."""
    _may_set_leave(leave.user, by)
    leave = Leave.objects.select_for_update(of=("self",)).get(pk=leave.pk)
    if leave.cancelled_at:
        raise Refused(_("This leave was cancelled already."))
    leave.cancelled_at = clock.now()
    leave._history_user = by
    leave.save()
    return leave


def _may_set_leave(user: User, by: User) -> None:
    if not by.may(Permission.MANAGE_PEOPLE) and (by.team_id is None or by.team_id != user.team_id):
        raise NotAllowed(_("You set leave for your own team. Ask this person's supervisor."))


def _check_cover(user: User, cover: User, from_on: date, until_on: date) -> None:
    if cover.pk == user.pk:
        raise Refused(_("Nobody covers for themselves. Choose a colleague."))
    if not cover.is_active or cover.team_id is None or cover.team_id != user.team_id:
        raise Refused(_("Choose somebody who works in the same team to cover."))
    if cover.leave.standing().between(from_on, until_on).exists():
        raise Refused(_("That colleague is away on some of these days. Choose another to cover."))


# --- Teams -----------------------------------------------------------------------------------------


@transaction.atomic
def add_team(
    *, name: str, name_cy: str, kind: Team.Kind, policing_areas: list[str], day_starts: time, by: User
) -> Team:
    """Start a team; its day begins at `day_starts`, London. Raises Refused when the name or an area is taken."""
    fresh = Team(version=0)
    return _save_team(
        fresh, by, name=name, name_cy=name_cy, kind=kind, policing_areas=policing_areas, day_starts=day_starts
    )


@transaction.atomic
def change_team(
    *,
    team: Team,
    name: str,
    name_cy: str,
    kind: Team.Kind,
    policing_areas: list[str],
    day_starts: time,
    version: int,
    by: User,
) -> Team:
    """Keep what changed about a team. Raises Stale, or Refused when the name or a policing area is taken."""
    team = Team.objects.select_for_update().get(pk=team.pk)
    if team.version != version:
        raise Stale(
            _("Someone else changed this team while you were working. Theirs is shown below yours."),
            theirs={
                _("Name"): team.name,
                _("Name in Welsh"): team.name_cy,
                _("Policing areas"): ", ".join(team.policing_areas),
                _("When does their day begin?"): f"{team.day_starts:%H:%M}",
            },
        )
    return _save_team(
        team, by, name=name, name_cy=name_cy, kind=kind, policing_areas=policing_areas, day_starts=day_starts
    )


def _save_team(team: Team, by: User, *, policing_areas: list[str], **fields: Any) -> Team:
    for name, value in fields.items():
        setattr(team, name, value)
    rivals = Team.objects.filter(kind=team.kind, policing_areas__overlap=policing_areas).exclude(pk=team.pk)
    if policing_areas and (rival := rivals.first()):
        sentence = _("%(team)s takes one of these policing areas already. Change that team first.")
        raise Refused(sentence % {"team": rival})
    team.policing_areas, team.version = policing_areas, team.version + 1
    team._history_user = by
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError:
        raise Refused(_("There is a team of that name already. Choose another name.")) from None
    return team


# --- One's own -------------------------------------------------------------------------------------


@transaction.atomic
def set_quiet_hours(*, by: User, quiet_from: time | None, quiet_until: time | None) -> User:
    """Keep between which hours somebody gets no emails; None for both: as the unit's standards say.

    Raises Refused when only one end is given.
    """
    if (quiet_from is None) != (quiet_until is None):
        raise Refused(_("Enter both ends of your quiet hours, or neither."))
    user: User = User.objects.select_for_update(of=("self",)).get(pk=by.pk)
    if (user.quiet_from, user.quiet_until) != (quiet_from, quiet_until):
        user.quiet_from, user.quiet_until = quiet_from, quiet_until
        user._history_user = by
        user.save(update_fields=["quiet_from", "quiet_until"])
    return user


@transaction.atomic
def set_preferences(*, by: User, language: str, is_compact: bool) -> User:
    """Keep how somebody likes to read: their language, and rows close together or apart."""
    user: User = User.objects.select_for_update(of=("self",)).get(pk=by.pk)
    user.language, user.is_compact = language, is_compact
    user._history_user = by
    user.save(update_fields=["language", "is_compact"])
    return user


@transaction.atomic
def set_own_password(*, by: User, password: str) -> User:
    """Keep a new password of one's own choice. Every other session of theirs ends."""
    user: User = User.objects.select_for_update(of=("self",)).get(pk=by.pk)
    user.set_password(password)
    user.is_password_temporary = False
    user._history_user = by
    user.save(update_fields=["password", "is_password_temporary"])
    return user


def forget_sent_forms(*, before: datetime) -> int:
    """Forget the keys of forms sent before this moment; a page that old is opened again. Returns how many."""
    return SentForm.objects.filter(sent_at__lt=before).delete()[0]


def temporary_password() -> str:
    """Twenty random letters in fours, easy to read aloud: 27^20 of them."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(5))


# --- What the actions above share ------------------------------------------------------------------


def _locked(user: User, version: int, theirs: dict[str, Any] | None = None) -> User:
    fresh: User = User.objects.select_for_update(of=("self",)).select_related("team").get(pk=user.pk)
    if fresh.version != version:
        raise Stale(
            _("Someone else changed this person while you were working. Theirs is shown below yours."),
            theirs={
                str(LABELS[name]): _in_words(name, getattr(fresh, name))
                for name, mine in (theirs or {}).items()
                if getattr(fresh, name) != mine
            },
        )
    return fresh


def _in_words(name: str, value: Any) -> str:
    if name == "roles":
        return ", ".join(str(Role(role).label) for role in value)
    if name == "working_hours":
        return ", ".join("–".join(hours) if hours else "–" for hours in value)
    return ", ".join(value) if isinstance(value, list) else str(value or "")


def _save(user: User, by: User) -> User:
    user.version += 1
    user._history_user = by
    user.save()
    return user


def _with_temporary_password(user: User, by: User) -> tuple[User, str]:
    password = temporary_password()
    user.set_password(password)
    user.is_password_temporary = True
    return _save(user, by), password


def _in_order(roles: list[str]) -> list[str]:
    return [role for role in Role.values if role in roles]


def _check_roles(roles: list[str], team: Team | None) -> None:
    alone = STAND_ALONE & set(roles)
    if alone and len(set(roles)) > 1:
        label = Role(next(iter(alone))).label
        raise Refused(_("“%(role)s” cannot be held together with another role.") % {"role": label})
    is_partner_team = team is not None and team.kind == Team.Kind.PARTNER
    if roles and (Role.PARTNER in roles) != is_partner_team:
        raise Refused(_("Partner workers belong to a partner organisation's team, and only they do."))


def _tell_supervisors_of_leaver(user: User) -> None:
    """A notification each, with the way to the leaver's open cases; a team without supervisors tells all."""
    supervisors = User.objects.supervisors_of(user.team) or User.objects.active().with_role(Role.SUPERVISOR)
    notify(
        recipients=supervisors,
        kind="officer_left",
        subject=user.reference,
        level=Notification.Level.NEWS,
        url=f"{reverse('desk:cases')}?officer={user.reference}",
        due_on=user.left_on,
    )

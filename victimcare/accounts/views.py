"""Signing in and out, and what is one's own: language, compact pages, password."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from victimcare import clock
from victimcare.accounts import actions
from victimcare.accounts.access import anyone, anyone_signed_in
from victimcare.accounts.forms import OwnPasswordForm, PreferencesForm, SignInForm
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Permission, Role
from victimcare.accounts.skills import LANGUAGES, SKILLS, words_for
from victimcare.http import Request

BACKEND = "victimcare.accounts.backends.WithTeam"


@anyone
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Username and password. After five wrong ones axes answers in our place, for 15 minutes."""
    if request.user.is_authenticated:
        return redirect(_where_next(request))
    form = SignInForm(request.POST or None)
    if form.is_valid():
        user: Any = authenticate(
            request, username=form.cleaned_data["username"].lower(), password=form.cleaned_data["password"]
        )
        if user is not None:
            return _enter(request, user)
        form.add_error(
            None,
            _("The username or the password is wrong. Try again, or ask your administrator for a new one."),
        )
    context = {
        "form": form,
        "next": _asked_for(request),
        "groups": _people_to_pick() if settings.DEMO else [],
    }
    return render(request, "accounts/sign_in.html", context)


@anyone
@require_POST
def pick(request: HttpRequest) -> HttpResponse:
    """Demonstration only: be one of the people, without a password."""
    if not settings.DEMO:
        raise Http404
    reference = request.POST.get("person", "").replace("\0", "")
    user = User.objects.active().filter(reference=reference).first()
    if user is None:
        messages.error(request, _("That person is not here any more. Pick another."))
        return redirect("accounts:sign-in")
    return _enter(request, user)


@anyone
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """The session ends, and the browser forgets what it kept of the pages."""
    logout(request)
    response = redirect("accounts:sign-in")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@anyone_signed_in
def preferences(request: Request) -> HttpResponse:
    asked = ("language", "is_compact", "quiet_from", "quiet_until")
    initial = {name: getattr(request.user, name) for name in asked}
    form = PreferencesForm(request.POST or None, initial=initial)
    if form.is_valid():
        actions.set_quiet_hours(
            by=request.user,
            quiet_from=form.cleaned_data["quiet_from"],
            quiet_until=form.cleaned_data["quiet_until"],
        )
        user = actions.set_preferences(
            by=request.user,
            language=form.cleaned_data["language"],
            is_compact=form.cleaned_data["is_compact"],
        )
        with override(user.language):
            messages.success(request, _("Your preferences are saved."))
        return _with_language(redirect("accounts:preferences"), user.language)
    return render(request, "accounts/preferences.html", {"form": form})


@anyone_signed_in
@require_POST
def density(request: Request) -> HttpResponse:
    """The switch at the foot of every page: rows close together, or apart."""
    actions.set_preferences(
        by=request.user, language=request.user.language, is_compact=request.POST.get("is_compact") == "yes"
    )
    return redirect(_where_next(request))


@anyone_signed_in
@sensitive_post_parameters("current", "new")
def password(request: Request) -> HttpResponse:
    form = OwnPasswordForm(request.POST or None, user=request.user)
    if form.is_valid():
        user = actions.set_own_password(by=request.user, password=form.cleaned_data["new"])
        update_session_auth_hash(request, user)
        messages.success(
            request, _("Your password is changed. Other places where you were signed in are signed out.")
        )
        return redirect(_home_of(user) if request.user.is_password_temporary else "accounts:preferences")
    return render(request, "accounts/password.html", {"form": form})


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    """Sign this person in under a new session key, in their own language."""
    user.skip_history_when_saving = True  # Django notes last_login; that is no change to a person
    login(request, user, backend=BACKEND)
    # Somebody who reads the sign-in page in Welsh, by their own choice or their browser's, goes on in Welsh.
    return _with_language(redirect(_where_next(request)), "cy" if get_language() == "cy" else user.language)


def _with_language(response: HttpResponse, language: str) -> HttpResponse:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
    return response


def _asked_for(request: HttpRequest) -> str:
    """The page of ours that was asked for before signing in; empty for others' and for the front door."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return url if is_ours and url.startswith("/") and url != "/" else ""


def _where_next(request: HttpRequest) -> str:
    user: Any = request.user
    return _asked_for(request) or _home_of(user)


def _home_of(user: User) -> str:
    return resolve_url("desk:today" if user.may(Permission.USE_TODAY) else "accounts:preferences")


def _people_to_pick() -> list[dict[str, Any]]:
    """Everybody who works here, under their first role."""
    away = set(User.objects.away_on(clock.today()).values_list("pk", flat=True))
    groups: dict[str, list[dict[str, Any]]] = {role: [] for role in Role.values}
    for user in User.objects.active().select_related("team").order_by("display_name"):
        if user.roles and user.roles[0] in groups:
            groups[user.roles[0]].append(
                {
                    "reference": user.reference,
                    "name": user.display_name,
                    "about": _what_tells_them_apart(user),
                    "is_away": user.pk in away,
                }
            )
    return [{"role": Role(role).label, "people": people} for role, people in groups.items() if people]


def _what_tells_them_apart(user: User) -> str:
    facts = [words_for(user.skills, SKILLS), words_for(user.languages, LANGUAGES)]
    return ", ".join(fact for fact in facts if fact) or (user.team.name if user.team else "")

"""Is it alive, and is it ready? Words only: no versions, no figures, nothing of anybody's."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from psycopg_pool import PoolTimeout

from victimcare import clock
from victimcare.accounts.access import anyone
from victimcare.accounts.models import Heartbeat
from victimcare.letters.models import Letter
from victimcare.working_days import LAST_YEAR

BEAT_SILENT = timedelta(minutes=15)
LETTER_WAITS = timedelta(minutes=5)
DISK_USED = 0.9
HOLIDAYS_AHEAD = timedelta(days=60)


@anyone
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing."""
    return JsonResponse({"status": "alive"})


@anyone
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when people can work ("ready", or "degraded" when something behind the pages is late); else 503."""
    database = _database()
    said = {"database": database}
    if database == "ok":
        for name, check in CHECKS.items():
            said[name] = check()
    is_ready = database == "ok" and said["migrations"] == "ok"
    is_well = is_ready and all(word == "ok" for word in said.values())
    status = "ready" if is_well else "degraded" if is_ready else "not ready"
    return JsonResponse({"status": status, **said}, status=200 if is_ready else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, PoolTimeout):
        return "away"
    return "ok"


@lru_cache(maxsize=1)
def _are_applied() -> None:
    """Raises LookupError while a migration waits: an exception is not remembered, a good answer is."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise LookupError


def _migrations() -> str:
    try:
        _are_applied()
    except LookupError:
        return "waiting"
    return "ok"


def _letters() -> str:
    """The oldest letter that waits to be printed."""
    waiting = Letter.objects.filter(status__in=[Letter.Status.QUEUED, Letter.Status.RENDERING])
    return "late" if waiting.filter(written_at__lt=clock.now() - LETTER_WAITS).exists() else "ok"


def _beat() -> str:
    beat = Heartbeat.objects.filter(name="beat").first()
    if beat is None:
        return "never seen"
    return "ok" if beat.at > clock.now() - BEAT_SILENT else "silent"


def _disk() -> str:
    usage = shutil.disk_usage(settings.BASE_DIR)
    return "ok" if usage.used / usage.total < DISK_USED else "nearly full"


def _bank_holidays() -> str:
    return "ok" if (clock.today() + HOLIDAYS_AHEAD).year <= LAST_YEAR else "run out"


CHECKS: dict[str, Callable[[], str]] = {
    "migrations": _migrations,
    "letters": _letters,
    "beat": _beat,
    "disk": _disk,
    "bank_holidays": _bank_holidays,
}

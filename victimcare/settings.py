"""Settings, read top to bottom. A missing secret stops start-up with a sentence on how to fix it."""

import os
import sys
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent


def env_bool(name: str, default: bool = False) -> bool:
    """True for 1, yes, true, on. Anything else that is set is False."""
    value = os.environ.get(name)
    return default if value is None else value.strip().lower() in {"1", "yes", "true", "on"}


def env_secret(name: str) -> str:
    """A secret that must be set. Raises ImproperlyConfigured with how to set it."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. Start with ./run, which makes one, or set {name} to 50 random characters."
        )
    return value


# A page asks short questions beside others: compiling a plan, or a second process, costs it more than it gains.
# The database is in memory or on a disk without heads, where reading here and there costs little more.
WEB = " -c statement_timeout=10s -c jit=off -c max_parallel_workers_per_gather=0 -c random_page_cost=1.1"


def database(url: str, role: str) -> dict[str, object]:
    """Django's database settings for a postgresql:// address; `?host=` may name a socket directory."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            "DATABASE_URL must start with postgresql://. Only PostgreSQL is supported."
        )
    query = parse_qs(parts.query)
    options: dict[str, object] = {
        "connect_timeout": 2,
        # Every query and every lock has an end; an idle transaction does not hold others up.
        "options": "-c lock_timeout=5s -c idle_in_transaction_session_timeout=60s"
        + (WEB if role == "web" else ""),
    }
    if "sslmode" in query:
        options["sslmode"] = query["sslmode"][0]
    if role == "web":
        # Celery and commands hold one connection each; a pool there is closed at every task.
        options["pool"] = {"min_size": 1, "max_size": 8, "timeout": 3}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "vcu",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", [parts.hostname or ""])[0] or ""),
        "PORT": str(parts.port or query.get("port", [""])[0] or ""),
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 0 if role == "web" else 60,
        "OPTIONS": options,
    }


# Who is running: web, worker, beat, manage or test.
ROLE = os.environ.get("VICTIMCARE_ROLE", "manage")

SECRET_KEY = env_secret("SECRET_KEY")
DEBUG = env_bool("DEBUG")
# Demonstration data and "pick a person" at sign-in. Never set where real people's data is kept.
DEMO = env_bool("DEMO")
HTTPS = env_bool("HTTPS", default=not DEMO)
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost" if DEMO else "").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if origin]

if not os.environ.get("DATABASE_URL"):
    raise ImproperlyConfigured(
        "DATABASE_URL is not set. Use ./run or ./run manage, which start PostgreSQL, or set it to a postgresql:// address."
    )
DATABASES = {"default": database(os.environ["DATABASE_URL"], ROLE)}
# A database of this cluster that is migrated already, for those of the tests to be copied from.
DATABASES["default"]["TEST"] = {"TEMPLATE": os.environ.get("TEST_DATABASE_TEMPLATE")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ATOMIC_REQUESTS = False  # actions own their transactions

SERVICE_NAME = os.environ.get("SERVICE_NAME", "Victim Care")
SERVICE_NAME_CY = os.environ.get("SERVICE_NAME_CY", "Gofal Dioddefwyr")
# The number a letter asks people to ring. The demo's is one that Ofcom keeps for drama.
SERVICE_PHONE = os.environ.get("SERVICE_PHONE", "01632 960123" if DEMO or ROLE == "test" else "")
# Where "Leave this page quickly" goes from the public form: a page that anybody might read.
LEAVE_QUICKLY_URL = os.environ.get("LEAVE_QUICKLY_URL", "https://www.bbc.co.uk/weather")
# How often the public form is sent in an hour: from one address, and from everywhere. Begun: four times that.
SELF_REFERRALS_PER_ADDRESS_AN_HOUR = int(os.environ.get("SELF_REFERRALS_PER_ADDRESS_AN_HOUR", "5"))
SELF_REFERRALS_AN_HOUR = int(os.environ.get("SELF_REFERRALS_AN_HOUR", "60"))
# Whoever only counts is shown no figure of fewer people than this.
# Who carries texts and emails: "local" keeps them here for staff to see and sends nothing anywhere.
TEXTS_BY = os.environ.get("TEXTS_BY", "local")  # local, notify
EMAILS_BY = os.environ.get("EMAILS_BY", "local")  # local, notify, smtp
NOTIFY_API_KEY = os.environ.get("NOTIFY_API_KEY", "")
NOTIFY_ADDRESS = os.environ.get("NOTIFY_ADDRESS", "https://api.notifications.service.gov.uk")
NOTIFY_TEXT_TEMPLATE = os.environ.get("NOTIFY_TEXT_TEMPLATE", "")
NOTIFY_EMAIL_TEMPLATE = os.environ.get("NOTIFY_EMAIL_TEMPLATE", "")
MESSAGES_FROM = os.environ.get("MESSAGES_FROM", "")  # says nothing of the police
MESSAGES_DOMAIN = MESSAGES_FROM.rpartition("@")[2].rstrip(">")
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10  # seconds
# Where staff find the service: emails to them lead there. No slash at the end.
SERVICE_ADDRESS = os.environ.get("SERVICE_ADDRESS", f"http://127.0.0.1:{os.environ.get('PORT', '8000')}")
if TEXTS_BY not in ("local", "notify") or EMAILS_BY not in ("local", "notify", "smtp"):
    sys.exit("TEXTS_BY may be local or notify, EMAILS_BY local, notify or smtp.")
if "notify" in (TEXTS_BY, EMAILS_BY) and not NOTIFY_API_KEY:
    sys.exit("Set NOTIFY_API_KEY: texts or emails are to go by GOV.UK Notify.")
if EMAILS_BY != "local" and "SERVICE_ADDRESS" not in os.environ:
    sys.exit("Set SERVICE_ADDRESS: emails to staff lead there, such as https://victimcare.force.example.")
if EMAILS_BY == "smtp" and not MESSAGES_FROM:
    sys.exit("Set MESSAGES_FROM: emails are to go by SMTP, and must say who they are from.")
SMALL_NUMBERS_BELOW = int(os.environ.get("SMALL_NUMBERS_BELOW", "10"))

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "axes",
    "csp",
    "django_htmx",
    "rest_framework",
    "simple_history",
    "victimcare.audit",
    "victimcare.drafts",
    "victimcare.accounts",
    "victimcare.cases",
    "victimcare.notes",
    "victimcare.letters",
    "victimcare.intake",
    "victimcare.messaging",
    "referrals",
    "needs_assessments",
    "contacts",
    "courts",
    "compliance",
    "compliance.packs",
    "desk",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "victimcare.http.PlainSentences",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "victimcare.accounts.middleware.SignedIn",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "victimcare.urls"
WSGI_APPLICATION = "victimcare.wsgi.application"
FORM_RENDERER = "victimcare.govuk.renderer.GovukRenderer"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "victimcare.govuk.tags",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "victimcare.http.service",
                "victimcare.accounts.context.signed_in",
                "victimcare.cases.context.case_bar",
                "desk.navigation.navigation",
            ],
        },
    }
]

# --- People and sessions -------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "desk:today"
LOGOUT_REDIRECT_URL = "accounts:sign-in"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "victimcare.accounts.backends.WithTeam"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 60 * 60  # absolute: signed out after 12 hours
SESSION_IDLE_SECONDS = int(os.environ.get("SESSION_IDLE_SECONDS", 8 * 60 * 60 if DEMO else 15 * 60))
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_FAILURE_VIEW = "victimcare.accounts.access.expired"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "errors/locked.html"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address"]
AXES_VERBOSE = False

# --- What the browser is told --------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
# Behind a proxy that ends TLS and sets this header itself; without one, nobody may claim to be on HTTPS.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env_bool("BEHIND_TLS_PROXY") else None
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_TEMP_DIR = os.environ.get("UPLOAD_DIR") or None

# --- Language and time: moments are UTC, dates are London -----------------------------------------
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English")), ("cy", _("Welsh"))]
LOCALE_PATHS = [BASE_DIR / "victimcare" / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/London"

# --- Extracts: a folder in which another system leaves them; none unless it is set ----------------
DROP_FOLDER = os.environ.get("DROP_FOLDER", "")

# --- A virus scanner for attached files: clamd's socket (/run/clamav/clamd.ctl) or host:port; none unless set
CLAMD = os.environ.get("CLAMD", "")

# --- Files ---------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", BASE_DIR / "staticfiles"))
# Tests do not collect static files, so they cannot use the manifest.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if ROLE == "test"
        else "whitenoise.storage.ManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = ROLE == "test"

# --- Celery: the clock ---------------------------------------------------------------------------
REDIS_URL = os.environ.get("REDIS_URL", "")
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 10,
    "socket_connect_timeout": 2,
}
CELERY_TASK_TIME_LIMIT = 900
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_TIMEZONE = "Europe/London"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
}

# --- Logs: no personal data; message text is ours, never a request body ---------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "axes": {"level": "ERROR"},
        # It would log what a provider answers, which may name a number or an address.
        "notifications_python_client": {"level": "CRITICAL"},
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
    },
}
SILENCED_SYSTEM_CHECKS = ["axes.W006"]

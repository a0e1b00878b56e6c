"""Django settings of one installation, read once from ``TENANTRY_*`` variables.

Everything has a working default for one machine; docs/operate/settings.md lists them all.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
from django.utils.translation import gettext_lazy as _

from tenantry.config import env
from tenantry.config.files import file_store
from tenantry.config.grants import GLOBAL_TABLE_GRANTS as GLOBAL_TABLE_GRANTS
from tenantry.config.grants import GLOBAL_TABLE_POLICIES as GLOBAL_TABLE_POLICIES
from tenantry.config.logs import logging_tree
from tenantry.config.postgres import connections, socket_directory

# Fields and managers may be written with their type arguments, as the type checker wants.
django_stubs_ext.monkeypatch()

PACKAGE = Path(__file__).resolve().parent.parent

# --- This installation -------------------------------------------------------------------

HOME = env.path("HOME", Path("var"))
HOST = env.text("HOST", "127.0.0.1")
PORT = env.number("PORT", 8000, low=1, high=65535)
BASE_URL = env.text("BASE_URL", f"http://{HOST}:{PORT}").rstrip("/")
_base = urlsplit(BASE_URL)
if _base.scheme not in {"http", "https"} or not _base.hostname or _base.path:
    raise env.SettingError("TENANTRY_BASE_URL must look like https://tenantry.example.com.")
HTTPS = _base.scheme == "https"

DEBUG = env.flag("DEBUG", default=False)
WEB_WORKERS = env.number("WEB_WORKERS", 2, low=1, high=64)
WEB_THREADS = env.number("WEB_THREADS", 4, low=1, high=64)
JOB_CONCURRENCY = env.number("JOB_CONCURRENCY", 2, low=1, high=32)
LONG_JOB_CONCURRENCY = env.number("LONG_JOB_CONCURRENCY", 2, low=1, high=32)
# Seconds.
RESTART_PAUSE = env.number("RESTART_PAUSE", 30, low=1, high=3600)

SECRET_KEY = env.secret("SECRET_KEY", "")
if not SECRET_KEY:
    if env.secret("DATABASE_URL", ""):
        # Several machines may share that database; a key of each one's own would sign
        # people out at every other request and leave sealed values unreadable.
        raise env.SettingError(
            "TENANTRY_SECRET_KEY must be set when TENANTRY_DATABASE_URL is: "
            "every process of the installation needs the same one."
        )
    SECRET_KEY = env.generated_secret(HOME / "secret-key")
if len(SECRET_KEY) < 32:
    raise env.SettingError("TENANTRY_SECRET_KEY must have at least 32 characters.")
SECRET_KEY_FALLBACKS = list(env.words("SECRET_KEY_FALLBACKS"))

# --- Database ----------------------------------------------------------------------------

ROLE_PREFIX = env.text("ROLE_PREFIX", "tenantry_")
if not ROLE_PREFIX.isidentifier() or not ROLE_PREFIX.islower() or len(ROLE_PREFIX) > 40:
    raise env.SettingError("TENANTRY_ROLE_PREFIX must be lower-case letters, digits and _.")
POSTGRES_DATA = HOME / "postgres" / "data"
POSTGRES_RUN = socket_directory(HOME)
POSTGRES_USER = env.text("POSTGRES_USER", "")
EMBEDDED_DATABASE = not env.secret("DATABASE_URL", "")
# Demo data on the first start; never by itself in a database that somebody else keeps.
DEMO = env.flag("DEMO", default=EMBEDDED_DATABASE)
DATABASES = connections(
    run_directory=POSTGRES_RUN,
    role_prefix=ROLE_PREFIX,
    pool_size=env.number("DATABASE_POOL", 0, low=0, high=500),
)

# --- Applications ------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "template_partials",
    "django_htmx",
    "procrastinate.contrib.django",
    "tenantry.core",
    "tenantry.audit",
    "tenantry.acting",
    "tenantry.organizations",
    "tenantry.people",
    "tenantry.access",
    "tenantry.security",
    "tenantry.metering",
    "tenantry.billing",
    "tenantry.crm",
    "tenantry.customization",
    "tenantry.gamification",
    "tenantry.dataops",
    "tenantry.notifications",
    "tenantry.usecases",
    "tenantry.blueprints",
    "tenantry.web",
    "tenantry.api",
    "tenantry.console",
]

MIDDLEWARE = [
    "tenantry.api.measuring.Measured",
    "tenantry.web.middleware.RequestContext",
    "tenantry.config.faults.BodyLimit",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tenantry.web.compression.Compression",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tenantry.web.middleware.Refusals",
    "tenantry.web.middleware.MemberGate",
    "tenantry.config.faults.UploadsOfMembers",
]

ROOT_URLCONF = "tenantry.config.urls"
WSGI_APPLICATION = "tenantry.config.wsgi.application"
APPEND_SLASH = False

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "tenantry.web.context.shell",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# --- Accounts ----------------------------------------------------------------------------

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "tenantry.config.hashers.Argon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_validation = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": _validation + "MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": _validation + "CommonPasswordValidator"},
    {
        "NAME": _validation + "UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
]

LOGIN_URL = "/accounts/login"
LOGIN_REDIRECT_URL = "/"

# --- Sessions, cookies, headers ----------------------------------------------------------

SESSION_COOKIE_NAME = "tenantry_session"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "tenantry_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "tenantry.web.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
ALLOWED_HOSTS = [
    _base.hostname,
    *env.words("ALLOWED_HOSTS"),
    *(_LOOPBACK if not HTTPS else ()),
]
# How many proxies in front append to X-Forwarded-For; 0 believes no such header.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0, low=0, high=5)
if HTTPS and TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# --- Interfaces --------------------------------------------------------------------------

# Calls a minute that one API key or one member may make.
API_RATE = env.number("API_RATE", 600, low=1, high=1_000_000)
# How often a process writes down how many calls it has counted; 0: never by itself, for tests.
API_CALLS_SECONDS = 2
# Whoever reads /metrics from elsewhere than this machine sends it as a bearer token.
METRICS_TOKEN = env.secret("METRICS_TOKEN", "")
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise env.SettingError("TENANTRY_METRICS_TOKEN must have at least 16 characters.")

# --- Assistant ---------------------------------------------------------------------------

# A language model that speaks as OpenAI's chat completions do; without an address there is no assistant.
ASSISTANT_URL = env.text("ASSISTANT_URL", "")
ASSISTANT_KEY = env.secret("ASSISTANT_KEY", "")
ASSISTANT_MODEL = env.text("ASSISTANT_MODEL", "")
ASSISTANT_SECONDS = env.number("ASSISTANT_SECONDS", 30, low=1, high=300)
if ASSISTANT_URL:
    env.address("ASSISTANT_URL", ASSISTANT_URL, schemes=frozenset({"http", "https"}))
    if not ASSISTANT_MODEL:
        raise env.SettingError("TENANTRY_ASSISTANT_URL is set: TENANTRY_ASSISTANT_MODEL names the model to ask.")

# --- Mail --------------------------------------------------------------------------------

SMTP_URL = env.secret("SMTP_URL", "")
if SMTP_URL:
    env.address("SMTP_URL", SMTP_URL, schemes=frozenset({"smtp", "smtps", "smtp+starttls"}))
MAIL_FROM = env.text("MAIL_FROM", f"no-reply@{_base.hostname}")
DEFAULT_FROM_EMAIL = MAIL_FROM
# Seconds that a notice waits before it is mailed: whoever reads it meanwhile gets no mail.
NOTICE_DELAY = env.number("NOTICE_DELAY", 120, low=0, high=86_400)
# Nothing sends through Django's mail: every message is a retried delivery with a log.
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

# --- Languages and time ------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES: list[tuple[str, Any]] = [("en", _("English"))]
PSEUDO_LOCALE = env.flag("PSEUDO_LOCALE", default=False)
if PSEUDO_LOCALE:
    LANGUAGES.append(("eo", "[Ƥşḗŭđǿ]"))
FORMAT_MODULE_PATH = ["tenantry.web.formats"]
LOCALE_PATHS = [PACKAGE / "locale"]

# --- Files -------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", HOME / "static")
# Uploaded files; read by core.files.
MEDIA_ROOT = env.path("FILES_ROOT", HOME / "files")
# Megabytes: what somebody's Drive may hold where no plan says it, and the largest file.
DRIVE_QUOTA = env.number("DRIVE_QUOTA", 5_000, low=0, high=100_000_000) * 1_000_000
LARGEST_FILE = env.number("DRIVE_LARGEST_FILE", 100, low=1, high=5_000) * 1_000_000
WHITENOISE_MAX_AGE = 3600
# Pages name every file by its content; the plain names would only be compressed a second time.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
STORAGES = {
    "default": file_store(),
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# --- Billing -----------------------------------------------------------------------------

# What is sold: a catalogue that ships, `blueprint` for each blueprint's own, or the path of a file. Checked by billing.
PLAN_CATALOGUE = env.text("PLAN_CATALOGUE", "unlimited")
# Who writes the invoices, and the tax on them.
SELLER = {
    "name": env.text("SELLER_NAME", "Tenantry"),
    "address": env.text("SELLER_ADDRESS", "").replace("\\n", "\n"),
    "tax_id": env.text("SELLER_TAX_ID", ""),
    "tax_name": env.text("TAX_NAME", "VAT"),
}
TAX_MILLIONTHS = env.millionths("TAX_PERCENT", "0", high=100)
# With a key money is taken by Stripe; without one everything goes to the sandbox.
STRIPE_SECRET_KEY = env.secret("STRIPE_SECRET_KEY", "")
STRIPE_WEBHOOK_SECRET = env.secret("STRIPE_WEBHOOK_SECRET", "")
STRIPE_API_BASE = env.text("STRIPE_API_BASE", "").rstrip("/")
# Where people are sent to pay: forms lead there and nowhere else.
STRIPE_PAGES = env.words(
    "STRIPE_PAGES", ("https://checkout.stripe.com", "https://billing.stripe.com", "https://invoice.stripe.com")
)
if STRIPE_SECRET_KEY:
    if not STRIPE_WEBHOOK_SECRET:
        raise env.SettingError(
            "TENANTRY_STRIPE_SECRET_KEY is set: TENANTRY_STRIPE_WEBHOOK_SECRET proves what comes in."
        )
    if STRIPE_API_BASE:
        env.address("STRIPE_API_BASE", STRIPE_API_BASE, schemes=frozenset({"http", "https"}))
    for _page in STRIPE_PAGES:
        if env.address("STRIPE_PAGES", _page, schemes=frozenset({"http", "https"})).path or _page.endswith("/"):
            raise env.SettingError("TENANTRY_STRIPE_PAGES must hold origins such as https://pay.example.com.")

# --- Jobs and logs -----------------------------------------------------------------------

PROCRASTINATE_ON_APP_READY = None

LOG_LEVEL = env.text("LOG_LEVEL", "INFO").upper()
if LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
    raise env.SettingError("TENANTRY_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR.")
LOGGING = logging_tree(level=LOG_LEVEL)

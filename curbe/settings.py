"""The one settings file. The environment drives it; `.env.example` explains every variable.

With nothing set it runs on SQLite and the in-process channel layer; `DATABASE_URL` and `REDIS_URL` bring the servers.
"""

from __future__ import annotations

import math
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor

from curbe.addresses import proxy_networks
from curbe.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(str(BASE_DIR / ".env"))

# Generated state of this clone: secret key, SQLite file, collected static files. Ignored by git.
LOCAL_DIR = Path(env("LOCAL_DIR", default=str(BASE_DIR / ".local")))


def _generated_secret_key() -> str:
    """The clone's own key, made once; exclusive creation makes concurrent first starts agree on one."""
    path = LOCAL_DIR / "secret_key"
    LOCAL_DIR.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(secrets.token_urlsafe(50))
        draft.chmod(0o600)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # Handled: another process was first, and its key is the one to read.
        draft.unlink()
    return path.read_text().strip()


IS_SECRET_KEY_SET = bool(env("SECRET_KEY", default=""))
SECRET_KEY = env("SECRET_KEY", default="") or _generated_secret_key()
# Former keys: sessions signed and secrets encrypted with one of them stay good.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Keys the hashes of device ids and addresses: kept apart so that SECRET_KEY can change without new visitors.
IS_PEPPER_SET = bool(env("PEPPER", default=""))
PEPPER = env("PEPPER", default="") or SECRET_KEY
DEBUG = env.bool("DEBUG", default=False)
PORT = env.int("PORT", default=8000)
PUBLIC_URL = env("PUBLIC_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
_public = urlsplit(PUBLIC_URL)
if not _public.hostname:
    raise ImproperlyConfigured("PUBLIC_URL needs a scheme and a host, such as https://chat.example.com")
IS_HTTPS = _public.scheme == "https"
# Where the widget is served, apart from the inbox whose sessions a flaw in it must not reach; by default in one place.
WIDGET_ORIGIN = env("WIDGET_ORIGIN", default="").rstrip("/") or PUBLIC_URL
_widget = urlsplit(WIDGET_ORIGIN)
# As browsers write an origin: with it, hosts are told apart by comparing texts.
_DEFAULT_PORTS = {"http": 80, "https": 443}
if (
    not _widget.hostname
    or f"{_widget.scheme}://{_widget.netloc.lower()}" != WIDGET_ORIGIN
    or _widget.port == _DEFAULT_PORTS.get(_widget.scheme)
):
    raise ImproperlyConfigured(
        "WIDGET_ORIGIN needs a scheme and a host in small letters and nothing else: https://widget.example.com"
    )
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=sorted({"127.0.0.1", "localhost", "[::1]", _public.hostname}))
if not {"*", _widget.hostname} & set(ALLOWED_HOSTS):
    ALLOWED_HOSTS.append(_widget.hostname)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
# Whose X-Forwarded-For is believed.
TRUSTED_PROXIES = proxy_networks(env.list("TRUSTED_PROXIES", default=[]))


def limit_factor(text: str) -> float | None:
    """The factor by which every quota is multiplied; None for no limits at all."""
    if text == "off":
        return None
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan  # Handled: refused below, with everything else that is no factor.
    if not 0 < factor < math.inf:
        raise ImproperlyConfigured(f"RATE_LIMITS is off or a positive factor such as 0.5, 1 or 20, not {text!r}")
    return factor


RATE_LIMITS = limit_factor(env("RATE_LIMITS", default="1"))

INSTALLED_APPS = [
    "daphne",
    "curbe.apps.CurbeAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "curbe.apps.CurbeStaticFilesConfig",
    "channels",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "django_tasks_db",
    "messenger",
    "inbox",
]
MIDDLEWARE = [
    "curbe.middleware.trace",
    "django.middleware.security.SecurityMiddleware",
    "curbe.middleware.permissions_policy",
    "curbe.middleware.widget_host",
    "curbe.middleware.StaticFilesMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "curbe.middleware.audited",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "curbe.urls"
ASGI_APPLICATION = "curbe.asgi.application"
WSGI_APPLICATION = "curbe.wsgi.application"
# Routes of the APIs are contracts without trailing slashes: a missing slash is a 404, not a redirect.
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

_SQLITE_OPTIONS: dict[str, Any] = {
    # The defaults lose most concurrent writes to "database is locked"; these lose none.
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}
# Opening a connection, for which Django defines five dozen functions, costs five times as much as a query.
_SQLITE_LASTS_S = 60
_POSTGRES_OPTIONS: dict[str, Any] = {
    "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL_SIZE", default=20), "timeout": 10},
    # A writer that waits longer than this for a row gives up; the write path retries, then says 503.
    "options": "-c lock_timeout=3000",
}


def _database() -> dict[str, Any]:
    """The database of DATABASE_URL with the options this product needs."""
    config: dict[str, Any] = env.db_url("DATABASE_URL", default=f"sqlite:///{LOCAL_DIR / 'curbe.sqlite3'}")
    if config["ENGINE"] == "django.db.backends.sqlite3":
        LOCAL_DIR.mkdir(parents=True, exist_ok=True)
        name = env("TEST_SQLITE_NAME", default=str(LOCAL_DIR / f"test-{os.getpid()}.sqlite3"))
        config |= {"CONN_MAX_AGE": _SQLITE_LASTS_S}
        return {**config, "OPTIONS": {**_SQLITE_OPTIONS, **config.get("OPTIONS", {})}, "TEST": {"NAME": name}}
    if config["ENGINE"] == "django.db.backends.postgresql":
        # Server-side cursors do not survive a transaction-pooling pgbouncer.
        options = {**_POSTGRES_OPTIONS, **config.get("OPTIONS", {})}
        config |= {"OPTIONS": options, "CONN_MAX_AGE": 0, "DISABLE_SERVER_SIDE_CURSORS": True}
        # When PostgreSQL has restarted, every pooled connection is dead: one empty statement keeps each from failing a
        # request, or a sweep, whose sockets would then wait for the next ones.
        return {**config, "CONN_HEALTH_CHECKS": True}
    raise ImproperlyConfigured("DATABASE_URL must be sqlite:///… or postgres://…")


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "messenger.User"

# Without it no e-mail is sent, and whoever wants to is told so.
IS_MAIL_SET = bool(env("EMAIL_URL", default=""))
if IS_MAIL_SET:
    vars().update(env.email_url("EMAIL_URL"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", default="curbe@localhost")

# Work that a request leaves to somebody else: rows of the database, enqueued in the transaction that makes it.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# Who answers for the assistant: the published articles alone, a model that is given them, or a class by dotted path.
ASSISTANT_PROVIDER = env("ASSISTANT_PROVIDER", default="articles")
# Seconds after which there is an answer, or there will be none.
ASSISTANT_DEADLINE_S = env.int("ASSISTANT_DEADLINE_S", default=20)
ASSISTANT_MODEL = env("ASSISTANT_MODEL", default="")
OPENAI_BASE_URL = env("OPENAI_BASE_URL", default="") or "https://api.openai.com/v1"
OPENAI_API_KEY = env("OPENAI_API_KEY", default="")

REDIS_URL = env("REDIS_URL", default="")
CHANNEL_LAYERS: dict[str, Any] = {
    "default": (
        {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
        if REDIS_URL
        # Memberships expire after a day unless told otherwise, and a feed lives as long as somebody listens.
        else {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"group_expiry": 10 * 365 * 86_400}}
    )
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [{"NAME": "messenger.passwords.SignsOutElsewhere"}]
LOGIN_URL = "inbox:login"
LOGIN_REDIRECT_URL = "inbox:home"
LOGOUT_REDIRECT_URL = "inbox:login"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "messenger" / "locale", BASE_DIR / "inbox" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = LOCAL_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "curbe.static.ModuleManifestStorage"},
}
# Collecting takes a fifth of the time: every reference is to a hashed name, and nobody reads source maps in a hurry.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

# Cookies get their __Host- names as soon as the site is served over TLS.
_cookie_prefix = "__Host-" if IS_HTTPS else ""
SESSION_COOKIE_NAME = f"{_cookie_prefix}sessionid"
CSRF_COOKIE_NAME = f"{_cookie_prefix}csrftoken"
LANGUAGE_COOKIE_NAME = "curbe_language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
# Pages of agents and admins. The widget's frame has a policy of its own, made from the tenant's sites.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
    }
}
# What people send each other; served by our views alone, which ask whose it is.
MEDIA_ROOT = LOCAL_DIR / "files"
FILE_UPLOAD_PERMISSIONS = 0o600
# A message is at most 20,000 characters: anything of this size is not one.
DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": ["messenger.api.parsing.BoundedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "messenger.api.negotiation.NeverRefusing",
    "DEFAULT_SCHEMA_CLASS": "drf_standardized_errors.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "messenger.api.errors.handle_exception",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
    "UPLOADED_FILES_USE_URL": False,
    # What `format` means is for each view to say.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Curbe Messenger",
    "DESCRIPTION": "The visitor API (the widget's contract) and the agent API (the inbox and integrators).",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [],
}

LOGGING = logging_config(level=env("LOG_LEVEL", default="INFO"), json=env.bool("LOG_JSON", default=True))
LOGGING_CONFIG = "logging.config.dictConfig"

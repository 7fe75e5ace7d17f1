"""The application: one factory that lays blueprints, guards and words together."""

import os
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException

from sensor.errors import CallerError, SettingsError
from sensor.home import Home
from sensor.settings import KitSettings, load_section
from web import access, api, audit, basemaps, events, headers, i18n, kits, leads, login, map, outcomes
from web.changes import Watcher
from web.connection import close_after_request
from web.errors import AccountStoreError
from web.hearing import Hearing
from web.settings import WebSettings
from web.store import AccountStore

BLUEPRINTS = (login, map, api, events, basemaps, leads, outcomes, kits, audit)
THREADS_FOR_REQUESTS = 8  # never taken by live streams
LONGEST_FORM_BYTES = 64 * 1024


def utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(home: Home, settings: WebSettings | None = None, clock: Callable[[], datetime] = utc_now) -> Flask:
    """The web application over one home; makes the home, the tables and the session key where they lack.

    Raises SettingsError, StoreError or AccountStoreError with what to mend.
    """
    home.make()
    settings = settings or load_section(home.settings, "web", WebSettings)
    kit = load_section(home.settings, "kit", KitSettings)
    AccountStore.open(home.store).close()
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.config.update(
        HOME=home,
        CLOCK=clock,
        ZONE=local_zone(kit.timezone),
        SECRET_KEY=session_key(home.root / "web.key"),
        SESSION_HOURS=settings.session_hours,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        SESSION_COOKIE_NAME="catpool",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_TIME_LIMIT=None,  # a form lives as long as its session
        WTF_CSRF_SSL_STRICT=False,  # pages send no referrer; the token decides
        MAX_CONTENT_LENGTH=LONGEST_FORM_BYTES,
        SEND_FILE_MAX_AGE_DEFAULT=None,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["hearing"] = hearing = Hearing(kit.name)
    app.extensions["watcher"] = Watcher(home, hearing)
    app.extensions["stream places"] = threading.BoundedSemaphore(max(1, settings.threads - THREADS_FOR_REQUESTS))
    access.guard_access(app)
    CSRFProtect(app)
    headers.guard_headers(app)
    close_after_request(app)
    for room in BLUEPRINTS:
        app.register_blueprint(room.blueprint)
    _lay_words(app)
    app.register_error_handler(HTTPException, _explain)
    app.register_error_handler(CallerError, _explain_database)
    return app


def session_key(path: Path) -> bytes:
    """The key that signs cookies, made on first use (mode 0600). Raises AccountStoreError."""
    try:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            key = path.read_bytes()
        else:
            key = secrets.token_bytes(32)
            with os.fdopen(handle, "wb") as file:
                file.write(key)
    except OSError as error:
        raise AccountStoreError(f"session key {path}: {error.strerror}; mend its rights") from error
    if len(key) < 32:
        raise AccountStoreError(f"session key {path}: cut short; remove it, and everybody signs in anew")
    return key


def _lay_words(app: Flask) -> None:
    app.after_request(i18n.keep_language)

    @app.context_processor
    def words() -> dict[str, object]:
        account = current_user.account if current_user.is_authenticated else None
        say = i18n.speaker()
        named = {
            "t": say,
            "word": say.word,
            "told": say.told,
            "language": i18n.current_language(),
            "languages": i18n.LANGUAGES,
        }
        return {**named, "account": account}

    @app.template_filter("moment")
    def moment(time: datetime | str | None, clock: str = "%H:%M") -> str:
        """A time as an officer reads it: local, to the minute, and it says whose time it is."""
        if not time:
            return "–"
        time = datetime.fromisoformat(time) if isinstance(time, str) else time
        local = time.astimezone(app.config["ZONE"])
        offset = local.isoformat()[-6:]
        return local.strftime(f"%Y-%m-%d {clock} UTC") + ("" if offset == "+00:00" else offset)

    @app.template_filter("instant")
    def instant(time: datetime) -> str:
        """The same to the second."""
        return moment(time, "%H:%M:%S")


def local_zone(name: str) -> tzinfo | None:
    """The zone of this IANA name; None, the machine's, for an empty one. Raises SettingsError."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise SettingsError(f"timezone {name!r} in [kit]: unknown; use an IANA name such as Asia/Shanghai") from error


def _explain(error: HTTPException) -> ResponseReturnValue:
    """An error as JSON for data, as a page for people; the original answer where it carries a response."""
    if error.response is not None or error.code is None:
        return error.get_response()
    key = f"pages.error_{error.code}"
    return _answer(i18n.t(key) if key in i18n.catalogue("en") else str(error.name), error.code)


def _explain_database(error: CallerError) -> ResponseReturnValue:
    """A store or journal that cannot be read now: 503, with what mends it in the log and for who is signed in."""
    current_app.logger.error("%s", error)
    return _answer(i18n.t("pages.error_database", why=str(error)), 503)


def _answer(text: str, code: int) -> ResponseReturnValue:
    if request.path.startswith(access.DATA_PATHS):
        return jsonify(error=text), code
    return render_template("error.html", code=code, text=text), code

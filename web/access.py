"""Who may see what: every view says its roles, and a view that says nothing is shut to all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, abort, current_app, jsonify, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.wrappers import Response

from web.accounts import ROLES
from web.connection import accounts, home, now
from web.i18n import t
from web.store import Account, AccountStore

LOGIN_FILES = frozenset({"base.css", "icon.svg"})  # what the login page needs of the static files
DATA_PATHS = ("/api/", "/events", "/maps/", "/static/")
TEAM = ("field", "supervisor", "auditor")  # everybody but carriers

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, eq=False)
class Visitor(UserMixin):  # type: ignore[misc]
    """Who makes this request: an account and the token of its session."""

    account: Account
    token: str

    def get_id(self) -> str:
        return self.token


def allow(*roles: str) -> Callable[[View], View]:
    """Opens a view to these roles; "anyone" also lets in who has not signed in."""

    def mark(view: View) -> View:
        view.roles = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return mark


def visitor() -> Account:
    """The account of this request. Only for views that ask for one."""
    account: Account = current_user.account
    return account


def session_check() -> Callable[[], bool]:
    """Whether the session of this request still lives: for a stream, which outlasts the request's own check."""
    path, clock, token = home().store, current_app.config["CLOCK"], current_user.get_id()

    def lives() -> bool:
        with AccountStore.connect(path) as store:
            return store.session_account(token, clock()) is not None

    return lives


def note(act: str, subject: str) -> None:
    """Writes who did what to what into the audit."""
    name = visitor().name if current_user.is_authenticated else "-"
    accounts().audit(name, request.remote_addr or "-", act, subject, now())


def guard_access(app: Flask) -> None:
    """Puts the guard before every request of the app."""
    manager = LoginManager(app)
    manager.session_protection = "basic"

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> Visitor | None:
        account = accounts().session_account(token, now())
        return Visitor(account, token) if account else None

    @app.before_request
    def guard() -> ResponseReturnValue | None:
        roles = _roles(app)
        if "anyone" in roles or (request.endpoint == "static" and _file() in LOGIN_FILES):
            return None
        if not current_user.is_authenticated:
            return ask_to_log_in()
        if request.endpoint is not None and visitor().role not in roles:
            abort(403)
        return None


def ask_to_log_in() -> ResponseReturnValue:
    """401 for data, the login page for people."""
    if request.path.startswith(DATA_PATHS) or request.method not in ("GET", "HEAD"):
        return jsonify(error=t("pages.error_401")), 401
    session.pop("_flashes", None)
    answer: Response = redirect(url_for("login.page", next=request.full_path.rstrip("?")))
    return answer


def _roles(app: Flask) -> frozenset[str]:
    if request.endpoint is None:
        return frozenset()
    if request.endpoint == "static":
        return frozenset(ROLES)
    found: frozenset[str] = getattr(app.view_functions[request.endpoint], "roles", frozenset())
    return found


def _file() -> str:
    return str((request.view_args or {}).get("filename", ""))

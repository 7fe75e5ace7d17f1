"""Signing in and out, the own password, and whether the server is alive."""

import secrets
from importlib.metadata import version

from flask import Blueprint, current_app, flash, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user

from web.access import Visitor, allow, note, visitor
from web.accounts import ROLES, log_in, set_password
from web.connection import accounts, now
from web.errors import AccountError
from web.i18n import t

blueprint = Blueprint("login", __name__)


@blueprint.get("/healthz")
@allow("anyone")
def healthz() -> ResponseReturnValue:
    """{"status": "ok", "version": ...} while the server answers; no more, for anyone may ask."""
    return jsonify(status="ok", version=version("catpool"))


@blueprint.get("/login")
@allow("anyone")
def page() -> ResponseReturnValue:
    """The login page; who is signed in goes on to where they were going."""
    if current_user.is_authenticated:
        return redirect(_onward())
    return render_template("login/login.html", name="", problem="")


@blueprint.post("/login")
@allow("anyone")
def sign_in() -> ResponseReturnValue:
    """Form fields name, password. 303 onward; 401 when wrong; 429 with Retry-After while locked out."""
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    moment = now()
    address = request.remote_addr or "-"
    result = log_in(accounts(), name, password, address, moment)
    if result.account is None:
        accounts().audit(name[:64] or "-", address, "login refused", "", moment)
        return _refuse(name, None if result.locked_until is None else (result.locked_until - moment).total_seconds())
    token = secrets.token_urlsafe(32)
    accounts().start_session(result.account, token, moment, current_app.config["SESSION_HOURS"])
    session.clear()
    session.permanent = True
    login_user(Visitor(result.account, token))
    accounts().audit(result.account.name, address, "login", "", moment)
    return redirect(_onward(), 303)


@blueprint.post("/logout")
@allow(*ROLES)
def sign_out() -> ResponseReturnValue:
    """Ends the session here and in the database."""
    note("logout", "")
    accounts().end_session(current_user.get_id())
    logout_user()
    session.clear()
    return redirect(url_for("login.page"), 303)


@blueprint.get("/account")
@allow(*ROLES)
def account() -> ResponseReturnValue:
    """Who is signed in, and a form for a new password."""
    return render_template("account/account.html")


@blueprint.post("/account/password")
@allow(*ROLES)
def change_password() -> ResponseReturnValue:
    """Form fields old, new, again. Ends every session of the account, this one too."""
    old, new = request.form.get("old", ""), request.form.get("new", "")
    problem = ""
    if log_in(accounts(), visitor().name, old, request.remote_addr or "-", now()).account is None:
        problem = t("account.old_wrong")
    elif new != request.form.get("again", ""):
        problem = t("account.not_alike")
    else:
        try:
            set_password(accounts(), visitor(), new)
        except AccountError:
            problem = t("account.weak")
    if problem:
        note("password change refused", "")
        return render_template("account/account.html", problem=problem), 400
    note("password changed", "")
    session.clear()
    flash(t("account.changed"))
    return redirect(url_for("login.page"), 303)


def _refuse(name: str, wait_s: float | None) -> ResponseReturnValue:
    if wait_s is None:
        return render_template("login/login.html", name=name, problem=t("login.wrong")), 401
    minutes = max(1, round(wait_s / 60))
    page = render_template("login/login.html", name=name, problem=t("login.locked", minutes=minutes))
    return page, 429, {"Retry-After": str(max(1, round(wait_s)))}


def _onward() -> str:
    """The page asked for before the login, if it is one of ours."""
    wish = request.values.get("next", "")
    ours = wish.startswith("/") and not wish.startswith("//") and "\\" not in wish and wish.isprintable()
    return wish if ours else url_for("map.page")

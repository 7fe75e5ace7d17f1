"""Who gets in, who sees what, and what every answer carries."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from webhouse import ACCOUNTS, LEAD, NOON, OTHERS_LEAD, PASSWORD, Browser, empty_home, full_home, running

from sensor.home import Home
from web.accounts import ROLES
from web.app import create_app
from web.errors import AccountStoreError
from web.headers import HEADERS
from web.settings import WebSettings
from web.store import AccountStore

OPEN_ENDPOINTS = {"login.healthz", "login.page", "login.sign_in"}
EVERYBODY = set(ROLES)
TEAM = {"field", "supervisor", "auditor"}
SEEN_BY = {
    "static": EVERYBODY,
    "login.sign_out": EVERYBODY,
    "login.account": EVERYBODY,
    "login.change_password": EVERYBODY,
    "map.page": EVERYBODY,
    "map.strings": EVERYBODY,
    "api.cells": EVERYBODY,
    "api.hits": EVERYBODY,
    "api.leads": EVERYBODY,
    "api.tracks": TEAM,
    "api.posterior": EVERYBODY,
    "events.stream": EVERYBODY,
    "events.changes": EVERYBODY,
    "basemaps.listing": EVERYBODY,
    "basemaps.pmtiles": EVERYBODY,
    "basemaps.tile": EVERYBODY,
    "leads.listing": EVERYBODY,
    "leads.page": EVERYBODY,
    "outcomes.add": {"field", "supervisor"},
    "outcomes.mark_known": {"supervisor"},
    "kits.listing": TEAM,
    "audit.listing": {"auditor", "supervisor"},
}


def paths(app: Flask) -> list[tuple[str, str, str]]:
    """(endpoint, method, a path) of every route."""
    values = {"name": LEAD.lead, "filename": "base.css", "zoom": "0", "column": "0", "row": "0"}
    found = []
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda part: values[part.group(1)], rule.rule)
        found += [(rule.endpoint, method, path) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


def test_the_table_names_every_view(tmp_path: Path) -> None:
    with running(empty_home(tmp_path)) as app:
        assert set(app.view_functions) == set(SEEN_BY) | OPEN_ENDPOINTS


def test_nobody_gets_anything_without_signing_in(tmp_path: Path) -> None:
    with running(full_home(tmp_path)) as app:
        app.config["WTF_CSRF_ENABLED"] = False  # the guard alone must hold
        client = app.test_client()
        for endpoint, method, path in paths(app):
            if endpoint in OPEN_ENDPOINTS or path == "/static/base.css":
                continue
            for path_asked in (path, path + "?lang=zh"):
                answer = client.open(path_asked, method=method)
                data = path.startswith(("/api/", "/events", "/maps/", "/static/")) or method != "GET"
                assert answer.status_code == (401 if data else 302), (method, path)
                assert LEAD.lead not in answer.text.replace(path, "")
        assert client.get("/no/such/page").status_code == 302
        assert app.test_client().get("/api/no-such").json == {"error": "Sign in first."}
        assert client.get("/static/vendor/x.js").status_code == 401
        assert client.options("/api/leads.geojson").status_code == 401


def test_each_role_sees_its_own_and_no_more(tmp_path: Path) -> None:
    with running(full_home(tmp_path)) as app:
        app.config["WTF_CSRF_ENABLED"] = False
        browsers = {role: Browser(app) for role in ROLES}
        app.config["WTF_CSRF_ENABLED"] = True
        for name, role in (("fay", "field"), ("sue", "supervisor"), ("mobile", "carrier"), ("audrey", "auditor")):
            browsers[role].log_in(name)
        app.config["WTF_CSRF_ENABLED"] = False
        for endpoint, method, path in paths(app):
            if endpoint in OPEN_ENDPOINTS | {"login.sign_out", "login.change_password"}:
                continue
            seen_by = set()
            for role, browser in browsers.items():
                answer = browser.client.open(path, method=method, buffered=False)
                if answer.status_code != 403:
                    seen_by.add(role)
                answer.close()
            assert seen_by == SEEN_BY[endpoint], (method, path)


def test_a_view_that_names_no_roles_is_shut(tmp_path: Path) -> None:
    with running(empty_home(tmp_path)) as app:
        app.add_url_rule("/forgotten", view_func=lambda: "secret", endpoint="forgotten")
        assert Browser(app, "sue").get("/forgotten").status_code == 403


def test_health_says_status_and_version_and_no_more(tmp_path: Path) -> None:
    with running(empty_home(tmp_path)) as app:
        answer = app.test_client().get("/healthz")
        assert answer.json == {"status": "ok", "version": "0.1.0"}


def test_every_answer_carries_the_headers(tmp_path: Path) -> None:
    with running(full_home(tmp_path)) as app:
        browser = Browser(app, "fay")
        for path in ("/healthz", "/login", "/leads/", "/api/leads.geojson", "/nowhere", "/static/base.css"):
            answer = browser.get(path)
            assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
            assert "Strict-Transport-Security" not in answer.headers
        assert browser.get("/leads/").headers["Cache-Control"] == "private, no-cache"


def test_the_policy_takes_scripts_and_styles_from_here_alone() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_the_cookie_is_http_only_and_lax(tmp_path: Path) -> None:
    with running(empty_home(tmp_path)) as app:
        cookie = Browser(app).log_in("fay").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_behind_https_the_cookie_is_secure(tmp_path: Path) -> None:
    app = create_app(empty_home(tmp_path), WebSettings(secure_cookies=True), clock=lambda: NOON)
    assert "Secure" in app.test_client().get("/login").headers["Set-Cookie"]


def test_a_form_without_its_token_is_refused(tmp_path: Path) -> None:
    with running(full_home(tmp_path)) as app:
        client = app.test_client()
        assert client.post("/login", data={"name": "fay", "password": PASSWORD}).status_code == 400
        browser = Browser(app, "sue")
        for _, method, path in paths(app):
            if method == "POST":
                assert browser.client.post(path, data={"csrf_token": "forged"}).status_code == 400, path
        assert browser.get("/leads/").status_code == 200


def test_wrong_then_locked_then_still_locked_after_a_restart(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    with running(home) as app:
        browser = Browser(app)
        for _ in range(4):
            wrong = browser.log_in("fay", "not it at all")
            assert (wrong.status_code, "Name or password is wrong." in wrong.text) == (401, True)
        assert browser.log_in("fay", "not it at all").status_code == 429
    with running(home) as app:
        locked = Browser(app).log_in("fay")
        assert (locked.status_code, locked.headers["Retry-After"]) == (429, "900")
        assert "Wait 15 min" in locked.text
        app.config["CLOCK"] = lambda: NOON + timedelta(minutes=15)
        assert Browser(app).log_in("fay").status_code == 303


@pytest.mark.parametrize(
    ("wish", "goes"),
    [
        ("/leads/L-1?x=1", "/leads/L-1?x=1"),
        ("", "/"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_after_the_login_one_goes_on_to_own_pages_only(tmp_path: Path, wish: str, goes: str) -> None:
    with running(empty_home(tmp_path)) as app:
        assert Browser(app).log_in("fay", onward=wish).location == goes


def test_a_page_asked_for_comes_after_the_login(tmp_path: Path) -> None:
    with running(empty_home(tmp_path)) as app:
        assert app.test_client().get("/leads/?lang=zh").location == "/login?next=/leads/?lang%3Dzh"


def test_signing_out_ends_the_session_for_a_stolen_cookie_too(tmp_path: Path) -> None:
    with running(empty_home(tmp_path)) as app:
        browser, thief = Browser(app, "fay"), app.test_client()
        cookie = browser.client.get_cookie("catpool")
        assert cookie is not None
        thief.set_cookie("catpool", cookie.value)
        assert thief.get("/leads/").status_code == 200
        assert browser.post("/logout", page="/account").status_code == 303
        assert thief.get("/leads/").status_code == 302


def test_a_disabled_account_is_out_at_once_and_stays_out(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    with running(home) as app:
        browser = Browser(app, "fay")
        with AccountStore.open(home.store) as store:
            store.set_disabled("fay", True)
        assert browser.get("/api/leads.geojson").status_code == 401
        assert browser.log_in("fay").status_code == 401


def test_a_session_ends_after_its_hours(tmp_path: Path) -> None:
    with running(empty_home(tmp_path)) as app:
        browser = Browser(app, "fay")
        app.config["CLOCK"] = lambda: NOON + timedelta(hours=12)
        assert browser.get("/leads/").status_code == 302


def test_the_own_password_is_changed_and_every_session_ends(tmp_path: Path) -> None:
    new = "the pool is in the hedge"
    with running(empty_home(tmp_path)) as app:
        browser, other = Browser(app, "fay"), Browser(app, "fay")
        refused = [
            {"old": "wrong", "new": new, "again": new},
            {"old": PASSWORD, "new": new, "again": new + "!"},
            {"old": PASSWORD, "new": "fay", "again": "fay"},
        ]
        for form in refused:
            assert browser.post("/account/password", page="/account", fields=form).status_code == 400
        assert (
            browser.post(
                "/account/password", page="/account", fields={"old": PASSWORD, "new": new, "again": new}
            ).location
            == "/login"
        )
        assert other.get("/leads/").status_code == 302
        assert Browser(app).log_in("fay").status_code == 401
        assert Browser(app).log_in("fay", new).status_code == 303


def test_every_look_at_a_lead_is_in_the_audit(tmp_path: Path) -> None:
    home = full_home(tmp_path)
    with running(home) as app:
        browser = Browser(app, "fay")
        browser.get("/leads/")
        browser.get(f"/leads/{LEAD.lead}")
        browser.get("/api/leads.geojson")
        browser.get(f"/api/posterior/{LEAD.lead}.geojson")
        browser.get("/leads/L-none")
        browser.post(f"/leads/{LEAD.lead}/outcome", page=f"/leads/{LEAD.lead}", fields={"verdict": "found"})
        Browser(app).log_in("fay", "wrong")
        Browser(app, "mobile").get("/leads/")
        page = Browser(app, "audrey").get("/audit/").text
    with AccountStore.open(home.store) as store:
        lines = [(line.account, line.act, line.subject) for line in reversed(store.audit_lines())]
        assert store.broken_audit_line() is None
    both = f"{LEAD.lead} {OTHERS_LEAD.lead}"
    assert lines == [
        ("fay", "login", ""),
        ("fay", "looked at leads", both),
        ("fay", "looked at lead", LEAD.lead),
        ("fay", "looked at leads", both),
        ("fay", "looked at place", LEAD.lead),
        ("fay", "looked at lead", LEAD.lead),
        ("fay", "wrote outcome", f"{LEAD.lead} confirmed"),
        ("fay", "login refused", ""),
        ("mobile", "login", ""),
        ("mobile", "looked at leads", LEAD.lead),
        ("audrey", "login", ""),
        ("audrey", "looked at audit", ""),
    ]
    assert "The chain of lines is whole." in page
    assert page.index("wrote outcome") < page.index("looked at place")  # newest first


def test_the_session_key_is_for_the_owner_alone_and_stays(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    first = create_app(home).config["SECRET_KEY"]
    path = home.root / "web.key"
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert create_app(home).config["SECRET_KEY"] == first
    path.write_bytes(b"short")
    with pytest.raises(AccountStoreError, match="cut short"):
        create_app(home)


def test_every_page_says_that_a_hit_is_a_lead(tmp_path: Path) -> None:
    with running(full_home(tmp_path)) as app:
        browser = Browser(app, "sue")
        for path in ("/", "/leads/", f"/leads/{LEAD.lead}", "/kits/", "/audit/", "/account", "/nowhere"):
            assert "A hit is a lead, never proof." in browser.get(path).text, path
            assert "命中只是线索" in browser.get(path + "?lang=zh").text, path
            browser.get("/?lang=en")
        assert "A hit is a lead, never proof." in Browser(app).get("/login").text


def test_a_fresh_home_is_made(tmp_path: Path) -> None:
    app = create_app(Home(tmp_path / "new" / "home"))
    assert app.test_client().get("/healthz").status_code == 200
    assert set(ACCOUNTS.values()) == EVERYBODY

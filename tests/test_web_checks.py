"""What doctor says of the web room."""

import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from webhouse import empty_home

from sensor.checks import Check
from sensor.home import Home
from web.app import session_key
from web.checks import check_accounts, check_key, check_maps, check_port, checks
from web.settings import WebSettings
from web.store import AccountStore

MAKE = "catpool user add NAME --role field"


def test_a_fresh_kit_lacks_accounts_and_streets(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert check_accounts(home) == [Check("accounts", "warn", "none yet: nobody can sign in", MAKE)]
    assert check_key(home).state == "ok"
    mend = f"put a PMTiles file into {tmp_path / 'maps'}"
    assert check_maps(home) == Check("base map", "warn", "Natural Earth alone: coasts, no streets", mend)
    assert not home.store.exists()


def test_accounts_are_counted_by_role_and_the_audit_is_checked(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    with AccountStore.open(home.store) as store:
        store.set_disabled("fay", True)
        store.audit("sue", "-", "login", "", store.account("sue").created)
        assert check_accounts(home) == [
            Check("accounts", "ok", "1 auditor, 2 carrier, 1 supervisor"),
            Check("audit", "ok", "the chain of lines is whole"),
        ]
        store.connection.execute("DROP TRIGGER web_audit_update")
        store.connection.execute("UPDATE web_audit SET act = 'nothing'")
    assert [check.state for check in check_accounts(home)] == ["ok", "fail"]


def test_a_database_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "catpool.sqlite").write_bytes(b"no database" * 500)
    (check,) = check_accounts(Home(tmp_path))
    assert (check.state, "not a database" in check.says) == ("fail", True)


def test_a_key_that_others_can_read_is_said(tmp_path: Path) -> None:
    home = Home(tmp_path)
    path = tmp_path / "web.key"
    session_key(path)
    assert check_key(home) == Check("session key", "ok", "for its owner alone")
    path.chmod(0o640)
    assert check_key(home) == Check("session key", "fail", f"{path} can be read by others", f"chmod 600 {path}")


def test_dropped_in_maps_are_named(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "hangzhou.pmtiles").write_bytes(b"PMTiles")
    assert check_maps(Home(tmp_path)) == Check("base map", "ok", "hangzhou")


@contextmanager
def answering(body: bytes) -> Iterator[int]:
    """A web server of somebody, and its port."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("body", "state"), [(b'{"status": "ok", "version": "0.1.0"}', "ok"), (b"<html>", "fail"), (b"[]", "fail")]
)
def test_the_port_is_ours_or_anothers(body: bytes, state: str) -> None:
    with answering(body) as port:
        check = check_port(WebSettings(port=port))
    assert check.state == state
    if state == "ok":
        assert check.says == f"served at http://127.0.0.1:{port}, version 0.1.0"


def test_a_free_port_waits_for_serve() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    says = f"not served now; it would be at http://127.0.0.1:{port}"
    assert check_port(WebSettings(port=port)) == Check("map", "warn", says, "catpool serve")


def test_no_check_raises_on_wrong_settings(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.settings.write_text("[web]\nport = 'many'\n")
    found = checks(home)
    assert (found[0].name, found[0].state) == ("web settings", "fail")
    home.settings.write_text("[web]\nport = 0\n")
    assert [check.name for check in checks(home)] == ["accounts", "session key", "base map", "map"]

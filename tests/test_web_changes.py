"""The live stream: what changed, to whom it is told, and what a page that was away learns."""

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from webhouse import HIT, LEAD, NOON, PLACE, Browser, cell_reading, empty_home, fill, full_home, grown, running, stamp

from detection.store import Store
from sensor.home import Home
from sensor.journal import Journal
from web.app import create_app
from web.changes import KEPT_CHANGES, Change, Watcher
from web.eyes import Eyes, join
from web.hearing import Hearing
from web.settings import WebSettings
from web.store import AccountStore


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with one of everything."""
    return full_home(tmp_path)


def put_grown_hit(home: Home) -> None:
    with Store.open(home.store) as store:
        store.put_hit(grown(HIT))


def next_event(stream: Any) -> dict[str, Any]:
    """The next event that is not a heartbeat: its fields, with data as read."""
    while True:
        lines = next(stream).decode().strip().split("\n")
        fields = dict(line.split(": ", 1) for line in lines if not line.startswith(":"))
        if "event" in fields:
            return {**fields, "data": json.loads(fields["data"])}


def test_the_first_look_sees_all_and_the_next_only_what_differs(home: Home) -> None:
    eyes = Eyes(home, Hearing("kit-1"))
    assert eyes.look() == {
        "hits": ("hit:1",),
        "leads": ("lead:L-3f9a12", "lead:L-77aa01"),
        "cells": ("cell:gsm-460-00-1201-3305",),
        "posteriors": ("L-3f9a12",),
        "tracks": ("kit:kit-1", "kit:kit-2"),
    }
    assert eyes.look() == {}
    put_grown_hit(home)
    assert eyes.look() == {"hits": ("hit:1",)}
    with Store.open(home.store) as store:
        store.put_lead(replace(LEAD, score=0.99))
        store.put_posterior(LEAD.lead, replace(PLACE, computed=None))
    assert eyes.look() == {"leads": ("lead:L-3f9a12",), "posteriors": ("L-3f9a12",)}
    with Journal.open(home.journal) as journal:
        journal.add([stamp(9, 30.0, 120.1), cell_reading(9)])
    assert eyes.look() == {"cells": ("cell:gsm-460-00-1201-3305",), "tracks": ("kit:kit-1",)}


def test_a_home_that_fills_later_is_seen(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    eyes = Eyes(home, Hearing("kit-1"))
    assert eyes.look() == {}
    fill(home)
    assert set(eyes.look()) == {"hits", "leads", "cells", "posteriors", "tracks"}


def test_a_broken_journal_hides_nothing_else(home: Home) -> None:
    home.journal.write_bytes(b"no database" * 1000)
    assert set(Eyes(home, Hearing("kit-1")).look()) == {"hits", "leads", "cells", "posteriors"}


def test_changes_are_told_since_any_number(home: Home) -> None:
    watcher = Watcher(home, Hearing("kit-1"), period_s=0.01)
    start = watcher.seq()
    assert watcher.since(start) == Change(start, {})
    put_grown_hit(home)
    told = watcher.wait(start, timeout_s=10)
    watcher.stop()
    assert told == Change(f"{watcher.epoch}-1", {"hits": ("hit:1",)})
    assert watcher.since(start) == told
    for strange in ("", "nonsense", f"{watcher.epoch}-99", "00000000-0", f"{watcher.epoch}-x"):
        assert watcher.since(strange) == Change(f"{watcher.epoch}-1", {}, complete=False)


def test_a_number_from_too_long_ago_means_load_everything(home: Home) -> None:
    watcher = Watcher(home, Hearing("kit-1"))
    watcher.stop()
    for number in range(1, KEPT_CHANGES + 3):
        watcher.tell({"hits": (f"hit:{number}",)})
    newest = f"{watcher.epoch}-{KEPT_CHANGES + 2}"
    assert watcher.since(f"{watcher.epoch}-1") == Change(newest, {}, complete=False)
    assert watcher.since(f"{watcher.epoch}-2").complete
    assert watcher.since(f"{watcher.epoch}-{KEPT_CHANGES}").changes == {
        "hits": (f"hit:{KEPT_CHANGES + 1}", f"hit:{KEPT_CHANGES + 2}")
    }


def test_several_changes_are_joined_in_order_of_appearance() -> None:
    assert join([{"hits": ("a", "b")}, {"leads": ("x",)}, {"hits": ("b", "c")}]) == {
        "hits": ("a", "b", "c"),
        "leads": ("x",),
    }


def test_a_stopped_watcher_lets_every_stream_go(home: Home) -> None:
    watcher = Watcher(home, Hearing("kit-1"))
    seq = watcher.seq()
    waiting = [threading.Thread(target=watcher.wait, args=(seq, 600)) for _ in range(5)]
    for thread in waiting:
        thread.start()
    watcher.stop()
    for thread in waiting:
        thread.join(10)
    assert not any(thread.is_alive() for thread in waiting)


def quick(app: Flask) -> Flask:
    """The app with a watcher that looks a hundred times a second."""
    watcher: Watcher = app.extensions["watcher"]
    watcher.period_s = 0.01
    return app


def test_the_stream_says_hello_then_what_changed(home: Home) -> None:
    with running(home) as app:
        answer = Browser(quick(app), "fay").client.get("/events", buffered=False)
        assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/event-stream", "no-store")
        stream = answer.iter_encoded()
        hello = next_event(stream)
        assert (hello["event"], hello["id"]) == ("hello", hello["data"]["seq"])
        put_grown_hit(home)
        change = next_event(stream)
        answer.close()
    assert change["event"] == "change"
    assert change["data"] == {"seq": change["id"], "complete": True, "changes": {"hits": ["hit:1"]}}


def test_a_browser_that_comes_back_misses_nothing(home: Home) -> None:
    with running(home) as app:
        browser = Browser(quick(app), "fay")
        seq = browser.get("/api/changes").get_json()["seq"]
        put_grown_hit(home)
        while browser.get(f"/api/changes?since={seq}").get_json()["changes"] == {}:
            pass
        answer = browser.client.get("/events", headers={"Last-Event-ID": seq}, buffered=False)
        stream = answer.iter_encoded()
        assert next_event(stream)["data"] == {"seq": seq}
        assert next_event(stream)["data"]["changes"] == {"hits": ["hit:1"]}
        answer.close()


def test_a_page_that_outlived_a_restart_is_told_to_load_everything(home: Home) -> None:
    with running(home) as app:
        browser = Browser(app, "fay")
        polled = browser.get("/api/changes?since=0badf00d-7").json
        answer = browser.client.get("/events", headers={"Last-Event-ID": "0badf00d-7"}, buffered=False)
        stream = answer.iter_encoded()
        next_event(stream)
        streamed = next_event(stream)["data"]
        answer.close()
    assert polled == streamed
    assert (streamed["complete"], streamed["changes"]) == (False, {})


def test_streams_leave_threads_to_requests(home: Home) -> None:
    app = create_app(home, WebSettings(threads=10), clock=lambda: NOON)
    client = Browser(app, "fay").client
    first, second = (client.get("/events", buffered=False) for _ in range(2))
    third = client.get("/events")
    assert (first.status_code, second.status_code, third.status_code) == (200, 200, 503)
    assert third.headers["Retry-After"] == "5"
    first.close()
    again = client.get("/events", buffered=False)
    assert again.status_code == 200
    again.close()
    second.close()
    app.extensions["watcher"].stop()


def test_a_made_up_number_cannot_break_out_of_its_event(home: Home) -> None:
    with running(home) as app:
        answer = Browser(app, "fay").client.get("/events?since=x%0Aevent:%20evil", buffered=False)
        assert b"evil" not in next(answer.iter_encoded())
        answer.close()


def test_a_carrier_learns_what_to_load_again_but_no_names(home: Home) -> None:
    with running(home) as app:
        browser = Browser(quick(app), "unicom")
        seq = browser.get("/api/changes").get_json()["seq"]
        with Journal.open(home.journal) as journal:
            journal.add([stamp(9, 30.0, 120.1)])
        put_grown_hit(home)
        while not (told := browser.get(f"/api/changes?since={seq}").get_json()["changes"]):
            pass
    assert told == {"hits": []}


def test_a_stream_ends_when_its_account_is_disabled(home: Home) -> None:
    with running(home) as app:
        answer = Browser(quick(app), "fay").client.get("/events", buffered=False)
        stream = answer.iter_encoded()
        next_event(stream)
        with AccountStore.open(home.store) as store:
            store.set_disabled("fay", True)
        put_grown_hit(home)
        assert list(stream) == []
        answer.close()

"""The pages besides the map: readable without JavaScript, in both languages, safe with strange text."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from webhouse import CELL, LEAD, NOON, Browser, empty_home, full_home, running, stamp

import web.audit
from detection.case import CellPlace, KnownGateway, Outcome
from detection.lead import GatewayPlace, ListenCell, NextCell
from detection.store import Store
from sensor.journal import Journal
from web.kits import ago


def test_the_list_tells_why_what_and_where(tmp_path: Path) -> None:
    with running(full_home(tmp_path)) as app:
        page = Browser(app, "fay").get("/leads/").text
    for words in (
        "L-3f9a12",
        "0.97",
        "records + air",
        "fixed gateway",
        "mobile",
        "SIMs: 2",
        "47 of 49 calls went to numbers called once",
        "fixed box",
        'href="/#lead=L-3f9a12"',
    ):
        assert words in page, words
    assert page.index("L-3f9a12") < page.index("L-77aa01")  # the best first


def test_a_lead_shows_reasons_look_alikes_cells_hits_and_place(tmp_path: Path) -> None:
    with running(full_home(tmp_path)) as app:
        page = Browser(app, "audrey").get(f"/leads/{LEAD.lead}").text
    for words in (
        "48 originated calls at one timing advance",
        "call centre",
        "about 100,000 to 1 for a box",
        "1384 to 1937 m",
        "460-00-1201-3305",
        "2, 3",
        "30.000000, 120.016000 (WGS-84)",
        "nine in ten in one of 160 m",
        "a1b2c3d4e5f60718",
    ):
        assert words in page, words
    assert "460001234567890" not in page
    assert '<form method="post" action="/leads' not in page  # an auditor reads only


def test_a_place_from_records_alone_is_called_rough(tmp_path: Path) -> None:
    home = full_home(tmp_path)
    with Store.open(home.store) as store:
        store.put_lead(replace(LEAD, fix=(30.0, 120.0), r50_radius_m=None, r90_radius_m=None))
        store.put_lead(replace(LEAD, lead="L-2", fix=None))
    with running(home) as app:
        browser = Browser(app, "fay")
        assert "From the records alone" in browser.get(f"/leads/{LEAD.lead}").text
        assert "Not located yet" in browser.get("/leads/L-2").text


def test_a_lead_says_when_to_go_what_to_hear_and_where_next(tmp_path: Path) -> None:
    home = full_home(tmp_path)
    with Store.open(home.store) as store:
        store.put_lead(
            replace(
                LEAD,
                kind="distributed",
                best_hours=("14-18", "22-2"),
                listen_to=(ListenCell(CELL, 3, 0.61),),
                next_hour=(NextCell(CELL, 0.42),),
                next_from=NOON,
                gateways=(GatewayPlace("L-3f9a12/1", 30.0, 120.0, 0.7, 9),),
            )
        )
    with running(home) as app:
        page = Browser(app, "fay").get(f"/leads/{LEAD.lead}").text
        listed = Browser(app, "fay").get("/leads/").text
        chinese = Browser(app, "fay").get(f"/leads/{LEAD.lead}?lang=zh").text
    for words in ("14:00-18:00, 22:00-02:00", "1384–1937 m", "61 %", "42 %", "L-3f9a12/1", "several places"):
        assert words in page, words
    assert "Best hours to visit: 14:00-18:00" in listed
    for words in ("最佳查证时段", "下一小时", "分散多处"):
        assert words in chinese, words


def test_an_empty_house_says_where_leads_and_readings_come_from(tmp_path: Path) -> None:
    with running(empty_home(tmp_path)) as app:
        browser = Browser(app, "sue")
        assert "catpool cdr rank --keep" in browser.get("/leads/").text
        assert "catpool sensor" in browser.get("/kits/").text
        assert "No records." in browser.get("/audit/").text


def test_an_outcome_is_kept_and_shown(tmp_path: Path) -> None:
    home = full_home(tmp_path)
    form = {"verdict": "found", "note": "  16 ports\nbehind a wardrobe ", "sets": "1", "sims": "64", "suspects": ""}
    with running(home) as app:
        browser = Browser(app, "fay")
        answer = browser.post(f"/leads/{LEAD.lead}/outcome", page=f"/leads/{LEAD.lead}", fields=form)
        assert (answer.status_code, answer.location) == (303, f"/leads/{LEAD.lead}")
        page = browser.get(f"/leads/{LEAD.lead}").text
    with Store.open(home.store, read_only=True) as store:
        kept = store.outcomes(LEAD.lead)
    note = "16 ports\nbehind a wardrobe"
    assert kept == [Outcome(LEAD.lead, "confirmed", NOON, "fay", note=note, sets=1, sims=64, id=1)]
    assert "Box found" in page
    assert "behind a wardrobe" in page
    assert "SIM cards seized: 64" in page


@pytest.mark.parametrize(("choice", "verdict"), [("found", "confirmed"), ("nothing", "refuted"), ("other", "unclear")])
def test_the_forms_words_are_detections_verdicts(tmp_path: Path, choice: str, verdict: str) -> None:
    home = full_home(tmp_path)
    with running(home) as app:
        page = f"/leads/{LEAD.lead}"
        Browser(app, "sue").post(page + "/outcome", page=page, fields={"verdict": choice})
    with Store.open(home.store, read_only=True) as store:
        assert [outcome.verdict for outcome in store.outcomes()] == [verdict]


@pytest.mark.parametrize(
    "form", [{"verdict": "maybe"}, {}, {"verdict": "found", "sims": "-1"}, {"verdict": "found", "sims": "١٢"}]
)
def test_a_wrong_form_is_refused_and_nothing_kept(tmp_path: Path, form: dict[str, str]) -> None:
    home = full_home(tmp_path)
    with running(home) as app:
        page = f"/leads/{LEAD.lead}"
        assert Browser(app, "fay").post(page + "/outcome", page=page, fields=form).status_code == 400
    with Store.open(home.store, read_only=True) as store:
        assert store.outcomes() == []


def test_a_supervisor_marks_a_licensed_gateway(tmp_path: Path) -> None:
    home = full_home(tmp_path)
    with running(home) as app:
        browser = Browser(app, "sue")
        page = f"/leads/{LEAD.lead}"
        assert browser.post(page + "/known", page=page, fields={"note": "telecom licence 7"}).status_code == 303
        assert "known gateway" in browser.get(page).text
        assert "Mark it known" not in browser.get(page).text
    places = (CellPlace(CELL, 2), CellPlace(CELL, 3))
    with Store.open(home.store, read_only=True) as store:
        assert store.known_gateways() == [KnownGateway(LEAD.lead, "sue", NOON, "telecom licence 7", places)]
        assert store.lead(LEAD.lead).status == "known"


def test_a_journal_that_cannot_be_read_is_said_and_hides_nothing_else(tmp_path: Path) -> None:
    home = full_home(tmp_path)
    home.journal.write_bytes(b"no database" * 1000)
    with running(home) as app:
        browser = Browser(app, "fay")
        cells, kits, leads = (browser.get(path) for path in ("/api/cells.geojson", "/kits/", "/leads/"))
    assert (cells.status_code, kits.status_code, leads.status_code) == (503, 503, 200)
    assert "not a database" in cells.get_json()["error"]
    assert "not a database" in kits.text


def test_text_from_outside_is_text_on_the_page(tmp_path: Path) -> None:
    home = full_home(tmp_path)
    evil = "<script>alert(1)</script>"
    with Store.open(home.store) as store:
        store.put_lead(replace(LEAD, lead='L-"><b>', reasons=(evil,), advice=evil, form=evil, owner=evil, hits=()))
    with running(home) as app:
        browser = Browser(app, "sue")
        for path in ("/leads/", "/leads/L-%22%3E%3Cb%3E", "/audit/"):
            answer = browser.get(path)
            assert answer.status_code == 200, path
            assert evil not in answer.text
            assert "<b>" not in answer.text


def test_kits_say_when_where_by_which_clock_and_what_they_hear(tmp_path: Path) -> None:
    with running(full_home(tmp_path)) as app:
        page = Browser(app, "fay").get("/kits/").text
    for words in ("kit-1", "kit-2", "rtl_tcp://127.0.0.1:1234", "GPS", "30.000000, 120.000400 (WGS-84), HDOP 0.9"):
        assert words in page, words
    assert "Silent" not in page


def test_a_silent_kit_an_undisciplined_clock_and_a_lost_fix_are_said(tmp_path: Path) -> None:
    home = full_home(tmp_path)
    with Journal.open(home.journal) as journal:
        journal.add([replace(stamp(60), clock="free")])
    with running(home) as app:
        app.config["CLOCK"] = lambda: NOON + timedelta(minutes=7)
        page = Browser(app, "fay").get("/kits/").text
    assert "Silent: the last reading is 6 min old." in page
    assert "Nobody disciplines its clock" in page
    assert "No fix" in page


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s"), (119, "119 s"), (120, "2 min"), (7_199, "119 min"), (7_200, "2 h"), (9e5, "10 days")],
)
def test_ages_come_in_the_largest_unit_that_fits(tmp_path: Path, seconds: float, words: str) -> None:
    with running(empty_home(tmp_path)) as app, app.test_request_context("/"):
        assert ago(timedelta(seconds=seconds)) == words


def test_times_are_the_kits_local_time(tmp_path: Path) -> None:
    home = full_home(tmp_path)
    home.settings.write_text('[kit]\ntimezone = "Asia/Shanghai"\n')
    with running(home) as app:
        assert "2026-03-04 20:00 UTC+08:00" in Browser(app, "fay").get(f"/leads/{LEAD.lead}").text


def test_the_language_is_chosen_by_browser_by_hand_and_kept(tmp_path: Path) -> None:
    with running(empty_home(tmp_path)) as app:
        browser = Browser(app)
        chinese = browser.get("/login", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}).text
        assert '<html lang="zh-CN">' in chinese
        assert '<html lang="en">' in browser.get("/login").text
        assert "登录" in browser.get("/login?lang=zh").text
        assert "登录" in browser.get("/login").text
        assert '<html lang="en">' in browser.get("/login?lang=en").text


def test_the_audit_goes_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web.audit, "PAGE", 3)
    with running(empty_home(tmp_path)) as app:
        browser = Browser(app, "audrey")
        for _ in range(4):
            page = browser.get("/audit/").text
        assert 'href="?before=3"' in page
        assert "Older" not in browser.get("/audit/?before=3").text

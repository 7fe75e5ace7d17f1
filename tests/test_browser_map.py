"""The map in Debian's Chromium, served by `catpool serve`: login, live hits, reasons, languages, phone and desktop.

Every page here fails its test when it asks anything of another host, or writes an error to the console.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import map_seed
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, StorageState, sync_playwright

from detection.store import Store

pytestmark = pytest.mark.parts("chromium")

CHROMIUM = "/usr/bin/chromium"
SOFTWARE_GL = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
NO_GL = ["--no-sandbox", "--disable-3d-apis"]
NAME, PASSWORD = "night-team", "a-long-drive-471"
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
PATIENCE_S = 20.0
BUNDLED = Path(__file__).resolve().parent.parent / "web" / "static" / "basemap" / "natural-earth.pmtiles"


@dataclass(frozen=True)
class Kit:
    """A running `catpool serve` and its home."""

    home: Path
    url: str

    def put_hit(self, timing_advance: int) -> int:
        with Store.open(self.home / "catpool.sqlite") as store:
            return store.put_hit(map_seed.hit(timing_advance, now=datetime.now(UTC)))


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    home = tmp_path_factory.mktemp("kit")
    map_seed.fill_store(home / "catpool.sqlite")
    map_seed.fill_journal(home / "journal.sqlite")
    (home / "maps").mkdir()
    shutil.copy(BUNDLED, home / "maps" / "streets.pmtiles")
    catpool = [sys.executable, "-m", "catpool"]
    environment = {**os.environ, "CATPOOL_HOME": str(home)}
    add = [*catpool, "user", "add", NAME, "--role", "supervisor", "--password-stdin"]
    subprocess.run(add, env=environment, input=PASSWORD + "\n", text=True, check=True, capture_output=True)
    serve = [*catpool, "serve", "--port", "0"]
    with subprocess.Popen(serve, env=environment, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        said = server.stderr.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert address is not None, said
        try:
            yield Kit(home, address[0])
        finally:
            server.terminate()
            server.stderr.read()


@pytest.fixture(scope="module")
def browsers() -> Iterator[Callable[[list[str]], Browser]]:
    with sync_playwright() as playwright:
        launched: dict[str, Browser] = {}

        def launch(arguments: list[str]) -> Browser:
            key = " ".join(arguments)
            if key not in launched:
                launched[key] = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
            return launched[key]

        yield launch
        for browser in launched.values():
            browser.close()


@pytest.fixture(scope="module")
def signed_in(kit: Kit, browsers: Callable[[list[str]], Browser]) -> StorageState:
    """Cookies of a session, made by the login form."""
    with browsers(SOFTWARE_GL).new_context() as context:
        page = context.new_page()
        page.goto(kit.url)
        sign_in(page, PASSWORD)
        assert page.url == kit.url + "/"
        return context.storage_state()


class Watch:
    """What a page did that it must not do."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.answers: set[tuple[str, int]] = set()
        self.expected: tuple[str, ...] = ()
        self.own = (url + "/", f"blob:{url}", "data:")
        context.on("request", self.see_request)
        context.on("response", lambda answer: self.answers.add((urlsplit(answer.url).path, answer.status)))
        context.on("console", self.see_message)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))

    def see_request(self, request: Request) -> None:
        if not request.url.startswith(self.own):
            self.outside.append(request.url)

    def see_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def complaints(self) -> list[str]:
        unexpected = [text for text in self.errors if not text.startswith(self.expected or ("\0",))]
        return self.outside + unexpected


Open = Callable[..., tuple[Page, Watch]]


@pytest.fixture
def open_page(kit: Kit, browsers: Callable[[list[str]], Browser], signed_in: StorageState) -> Iterator[Open]:
    """Opens a path as a device of that size; checks at the end that it kept to itself."""
    opened: list[tuple[BrowserContext, Watch]] = []

    def open_one(
        path: str, size: dict[str, Any] = DESKTOP, gl: list[str] = SOFTWARE_GL, anonymous: bool = False, **extra: Any
    ) -> tuple[Page, Watch]:
        cookies = None if anonymous else signed_in
        context = browsers(gl).new_context(**size, storage_state=cookies, timezone_id="Asia/Shanghai", **extra)
        watch = Watch(context, kit.url)
        opened.append((context, watch))
        page = context.new_page()
        page.goto(kit.url + path)
        return page, watch

    yield open_one
    complaints = [watch.complaints() for _, watch in opened]
    for context, _ in opened:
        context.close()
    assert complaints == [[]] * len(opened)


def sign_in(page: Page, password: str) -> None:
    page.fill("[name=name]", NAME)
    page.fill("[name=password]", password)
    page.click("form .button")


def until(page: Page, condition: str) -> None:
    """Waits until a JavaScript expression holds; the page's policy forbids what `wait_for_function` does."""
    deadline = time.monotonic() + PATIENCE_S
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, f"never came true: {condition}\n{page.inner_text('body')}"
        time.sleep(0.05)


def until_ready(page: Page) -> None:
    until(page, "document.getElementById('map-page')?.dataset.ready === 'yes'")


def until_text(page: Page, selector: str, text: str) -> None:
    until(page, f"document.querySelector({selector!r})?.innerText.includes({text!r})")


def is_narrow_enough(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_wrong_then_right_password_leads_to_the_map(open_page: Open) -> None:
    page, watch = open_page("/", anonymous=True, locale="en-GB")
    watch.expected = ("Failed to load resource: the server responded with a status of 401",)
    assert "/login" in page.url
    sign_in(page, "not-the-password")
    assert "wrong" in page.inner_text("[role=alert]")
    sign_in(page, PASSWORD)
    until_ready(page)
    until(page, "document.getElementById('map-page').dataset.live === 'live'")
    assert page.get_attribute("#map-page", "data-engine") == "gl"
    assert "lead, never proof" in page.inner_text(".banner")
    assert page.inner_text("#things h2").startswith("Leads (2)")


def test_a_click_on_the_map_gives_the_reasons(open_page: Open) -> None:
    page, _ = open_page("/#lead=L-3f9a12", locale="en-GB")
    until_ready(page)
    until_text(page, "#details-title", "L-3f9a12")
    page.click("#back")
    assert page.is_visible("#things")
    time.sleep(0.6)  # the map's own way to the lead
    stage = page.locator("#map").bounding_box()
    assert stage is not None
    page.mouse.click(stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)
    until_text(page, "#details", "to 1,871 numbers called once")
    told = page.inner_text("#details")
    for words in ("0.97", "30.57440, 114.28990", "30.57196, 114.29532", "GCJ-02", "never proof", "Drive the streets"):
        assert words in told
    page.click("text=Hit 1")
    until_text(page, "#details", "no paging answer at timing advance 3")
    told = page.inner_text("#details")
    for words in ("1,384–1,937 m (TA 3)", "about 100,000 to 1", "a repeater", "never proof", "460-00-1201-3305"):
        assert words in told


def test_a_hit_arrives_live_and_is_announced(kit: Kit, open_page: Open) -> None:
    page, _ = open_page("/", locale="en-GB")
    until_ready(page)
    until(page, "document.getElementById('map-page').dataset.live === 'live'")
    assert page.inner_text("#news") == ""
    hit_id = kit.put_hit(timing_advance=1)
    until_text(page, "#news", "TA 1")
    assert "not proof" in page.inner_text("#news")
    assert page.get_attribute("#news", "aria-live") == "polite"
    assert page.inner_text(f"[data-fid='hit:{hit_id}'] .badge") == "new"
    page.click("#news button")
    until_text(page, "#details", "277–830 m")
    assert page.evaluate("document.activeElement.id") == "details-title"
    assert re.search(r"\d\d:\d\d:\d\d", page.inner_text("#state"))


def test_without_the_stream_it_polls_and_says_when_it_is_offline(kit: Kit, open_page: Open) -> None:
    page, watch = open_page("/account", locale="en-GB")
    watch.expected = ("Failed to load resource: net::ERR_FAILED",)
    page.route("**/events*", lambda route: route.abort())
    page.goto(kit.url + "/")
    until_ready(page)
    until_text(page, "#state", "Every 5 s")
    kit.put_hit(timing_advance=5)
    until_text(page, "#news", "TA 5")
    page.route("**/api/changes*", lambda route: route.abort())
    until_text(page, "#state", "Offline")


def test_the_language_changes_by_hand(open_page: Open) -> None:
    page, _ = open_page("/#lead=L-b2207c", locale="en-GB")
    until_ready(page)
    page.click(".languages a")
    until_ready(page)
    until_text(page, "#details-title", "线索 L-b2207c")
    assert page.get_attribute("html", "lang") == "zh-CN"
    assert "命中只是线索，不是证据" in page.inner_text("#details")
    assert "实时" in page.inner_text("#state")
    page.click("#tab-layers")
    told = page.inner_text("#layers")
    assert "设备位置范围" in told
    assert "null" not in told


def test_a_chinese_browser_gets_chinese(open_page: Open) -> None:
    page, _ = open_page("/login", anonymous=True, locale="zh-CN")
    assert page.inner_text("h1") == "登录"


def test_a_phone_has_a_sheet_and_room_for_thumbs(open_page: Open) -> None:
    page, _ = open_page("/", PHONE, locale="en-GB")
    until_ready(page)
    assert page.get_attribute("#panel", "data-height") == "peek"
    assert is_narrow_enough(page)
    page.tap("#tab-things")
    page.tap("[data-fid='lead:L-3f9a12']")
    until_text(page, "#details-title", "L-3f9a12")
    assert page.get_attribute("#panel", "data-height") == "half"
    assert is_narrow_enough(page)
    small = """[...document.querySelectorAll('button, .nav a, .languages a, .switch')]
        .filter(e => e.offsetParent && e.id !== 'handle' && !e.className.includes('attrib'))
        .filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML)"""
    assert page.evaluate(small) == []
    tiny = """[...document.querySelectorAll('main *, header *')]
        .filter(e => e.offsetParent && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
        .filter(e => parseFloat(getComputedStyle(e).fontSize) < 11).map(e => e.outerHTML)"""
    assert page.evaluate(tiny) == []
    page.tap("#handle")
    assert page.get_attribute("#panel", "data-height") == "peek"


def test_the_keyboard_reaches_a_lead_and_comes_back(open_page: Open) -> None:
    page, _ = open_page("/", locale="en-GB")
    until_ready(page)
    page.focus("#tab-things")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-layers"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    until(page, "document.activeElement.id === 'details-title'")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "tab-things"


def test_a_map_dropped_in_comes_first_and_the_choice_is_kept(open_page: Open) -> None:
    page, watch = open_page("/", locale="en-GB")
    until_ready(page)
    page.click("#tab-layers")
    assert page.is_checked("[name=base][value=streets]")
    assert ("/maps/streets.pmtiles", 206) in watch.answers
    page.check("[name=base][value=natural-earth]")
    page.uncheck("[name=layer-borders]")
    page.reload()
    until_ready(page)
    page.click("#tab-layers")
    assert page.is_checked("[name=base][value=natural-earth]")
    assert not page.is_checked("[name=layer-borders]")
    page.check("[name=base][value=none]")
    until_text(page, "#grid-step", "grid")


def test_without_webgl_the_same_things_are_drawn_on_canvas(open_page: Open) -> None:
    page, _ = open_page("/#lead=L-3f9a12", PHONE, NO_GL, locale="en-GB")
    until_ready(page)
    assert page.get_attribute("#map-page", "data-engine") == "canvas"
    until_text(page, "#details-title", "L-3f9a12")
    page.tap("#back")
    page.tap("#handle")
    assert "WGS-84" in page.inner_text("#where")
    page.reload()
    until_ready(page)
    until_text(page, "#details", "to 1,871 numbers called once")


def test_the_maps_own_arithmetic(open_page: Open) -> None:
    page, _ = open_page("/account", locale="en-GB")

    def run(module: str, expression: str) -> Any:
        return page.evaluate(f"import('/static/map/{module}.js').then(m => {expression})")

    shifted = run("gcj02", "m.toGcj02(31.1774276, 121.5272106)")  # an example that converters publish
    assert shifted == pytest.approx([31.17530398, 121.53154186], abs=1e-8)
    assert run("gcj02", "m.toGcj02(50.1, 8.7)") is None
    way = run("grid", "m.wayBetween(30.0, 114.0, 30.01, 114.0)")
    assert (way["distance"], way["bearing"]) == (pytest.approx(1_112, abs=1), 0)
    assert run("grid", "m.wayBetween(30.0, 114.0, 29.99, 113.98)")["bearing"] == pytest.approx(240, abs=1)
    view = "{south: 30.57, north: 30.58, west: 114.28, east: 114.30}"
    assert run("grid", f"m.gridFor({view}).step") == 200
    assert run("grid", f"m.gridFor({view}).features.length") in range(12, 20)
    assert run("grid", "m.gridFor({south: 0, north: 40, west: 100, east: 150}).unit") == "deg"
    track = "{properties: {levels_dbfs: [-80, null, -60, -50, -40, -30]}, geometry: {type: 'LineString', coordinates:"
    steps = "m.levelsOf([%s [[0,0],[1,0],[2,0],[3,0],[4,0],[5,0]]}}]).features.map(f => f.properties.step)"
    assert run("layers", steps % track) == [0, 1, 2, 3, 4]
    sector = "{type: 'Polygon', coordinates: [[[0,2],[1,2],[2,2],[3,2],[3,1],[2,1],[1,1],[0,1],[0,2]]]}"
    assert run("features", f"m.namePoint({sector})") == [1, 1.5]
    assert run("format", "[0.97, 1].map(m.score)") == ["0.97", "> 0.99"]


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_other_pages_fit_and_keep_quiet(kit: Kit, open_page: Open, size: dict[str, Any]) -> None:
    page, _ = open_page("/leads", size, locale="zh-CN")
    for path in ("/leads", "/leads/L-3f9a12", "/kits", "/audit", "/account"):
        page.goto(kit.url + path)
        assert (path, is_narrow_enough(page)) == (path, True)
        assert "不是证据" in page.inner_text(".banner") or "绝非证据" in page.inner_text(".banner")

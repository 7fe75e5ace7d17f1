"""What the doctor asks of the sensor room: each fault with its mend, nothing changed, nothing raised."""

import os
import sqlite3
import threading
from pathlib import Path

import pytest
from fake_rtl_tcp import FakeRtlTcp

import sensor.checks
from sensor.bands import BANDS, by_hearing, hearing
from sensor.checks import (
    FAIL,
    OK,
    WARN,
    Check,
    Dongle,
    check_bands,
    check_clock,
    check_dongle,
    check_dvb,
    check_gps,
    check_home,
    check_journal,
    check_modem,
    check_python,
    check_room,
    check_source,
    checks,
    find_dongles,
)
from sensor.home import Home
from sensor.journal import Journal
from sensor.settings import SensorSettings
from sensor.single import only_one


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def plug_in(usb: Path, product: str, vendor: str = "0bda", number: str = "2838") -> None:
    folder = usb / "1-1.2"
    folder.mkdir(parents=True)
    for name, text in {
        "idVendor": vendor,
        "idProduct": number,
        "manufacturer": "RTLSDRBlog",
        "product": product,
        "serial": "00000001",
        "busnum": "1",
        "devnum": "7",
    }.items():
        (folder / name).write_text(text + "\n")


def test_a_dongle_is_found_by_its_numbers(tmp_path: Path) -> None:
    plug_in(tmp_path, "Blog V3")
    assert list(find_dongles(tmp_path, Path("/dev/bus/usb"))) == [
        Dongle("RTLSDRBlog", "Blog V3", "00000001", Path("/dev/bus/usb/001/007"))
    ]
    assert check_dongle([]).state == WARN


def test_other_devices_are_no_dongles(tmp_path: Path) -> None:
    plug_in(tmp_path, "Keyboard", vendor="046d")
    assert list(find_dongles(tmp_path)) == []


@pytest.mark.parametrize(
    ("product", "version", "state"),
    [("Blog V4", "0.6.0-4", FAIL), ("Blog V4", "2.0.2-2", OK), ("Blog V4", "", OK), ("Blog V3", "0.6.0-4", OK)],
)
def test_debian_12_is_deaf_on_the_blog_v4(product: str, version: str, state: str) -> None:
    found = check_dongle([Dongle("RTLSDRBlog", product, "1", Path("/x"))], lambda: version)
    assert found.state == state
    assert (found.mend != "") == (state == FAIL)


def test_the_television_driver_is_named(tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    modules.write_text("dvb_usb_rtl28xxu 40960 0 - Live 0x0\nusbcore 1 2 - Live 0x0\n")
    assert check_dvb(modules).mend.startswith("modprobe -r dvb_usb_rtl28xxu")
    modules.write_text("dvb_usb_v2 40960 1 dvb_usb_rtl28xxu, Live 0x0\n")
    assert check_dvb(modules).state == OK


def test_home_and_room(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_home(home).state == WARN
    assert check_room(home).name == "disk"
    home.make()
    assert check_home(home) == Check("home", OK, f"{home.root} can be written")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert check_home(home).state == FAIL


def test_journals(home: Home) -> None:
    assert check_journal(home).says == "none yet: nothing was kept so far"
    home.make()
    Journal.open(home.journal).close()
    assert check_journal(home).says.startswith("0 cell, 0 assignment, 0 uplink, 0 track rows; ")
    connection = sqlite3.connect(home.journal)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert (check_journal(home).state, "newer version" in check_journal(home).says) == (FAIL, True)


def test_sources() -> None:
    assert check_source(SensorSettings(), False)[0].state == WARN
    with FakeRtlTcp(b"\x7f\x80") as server:
        settings = SensorSettings(source=server.url)
        assert check_source(settings, False) == (Check("radio", OK, f"{server.url} answers: R820T"), "R820T")
        assert check_source(settings, True)[0].says == f"{server.url} is in use by the running service"
        assert server.clients == 1
        assert all(code != 0x01 for code, _ in server.commands)  # it was not tuned
    assert "cannot be reached" in check_source(settings, False)[0].says


def test_modems_gps_and_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_modem("/dev/no-such-modem").state == FAIL
    (tmp_path / "port").touch()
    assert check_modem(f"modem://{tmp_path}/port").state == OK
    assert check_gps(SensorSettings(gpsd="")).state == WARN
    assert check_gps(SensorSettings(gpsd="nonsense")).state == FAIL
    assert check_gps(SensorSettings(gpsd="127.0.0.1:1")).says.endswith("not connected (Connection refused)")
    assert check_clock(lambda: "gps") == Check("clock", OK, "kept by GPS")
    assert check_python((3, 10, 9)).state == FAIL
    assert check_clock(lambda: "free").state == WARN
    assert threading.active_count() < 20


def test_what_an_r820t_hears() -> None:
    assert {reach.band: reach.hears for reach in hearing("R820T", modem=True)} == {
        "GSM 850 / B5": "uplink and downlink",
        "GSM 900 / B8": "uplink and downlink",
        "GSM 1800 / B3": "uplink only, up to 1766 MHz",
        "GSM 1900": "modem only",
        "B1": "modem only",
        "B34": "modem only",
        "B39": "modem only",
        "B40": "modem only",
        "B41 / n41": "modem only",
        "n28": "modem only",
        "n78": "modem only",
        "n79": "modem only",
    }


def test_what_other_kits_hear() -> None:
    assert by_hearing(hearing(None, modem=False)) == {"deaf": [band.name for band in BANDS]}
    fc0012 = {reach.band: reach.hears for reach in hearing("FC0012", modem=False)}
    assert fc0012["GSM 900 / B8"] == "uplink, downlink, up to 949 MHz"
    assert fc0012["GSM 1800 / B3"] == "deaf"
    assert {reach.band: reach.hears for reach in hearing("FC2580", modem=False)}["GSM 900 / B8"] == "uplink only"
    assert check_bands(None, False).state == WARN


def test_the_whole_round_never_raises(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensor.checks, "GPS_PATIENCE_S", 0.1)
    home.make()
    home.settings.write_text('[sensor]\nsource = "no-such-file.cu8"\nmodems = ["/dev/x"]\ngpsd = ""\n')
    found = {check.name: check for check in checks(home)}
    assert found["radio"].says == "no-such-file.cu8: no such file"
    assert found["modem"].state == FAIL
    assert found["settings"].state == OK
    home.settings.write_text("[sensor]\nsorce = 1\n")
    with only_one(home, "sensor"):
        found = {check.name: check for check in checks(home)}
    assert "unknown key 'sorce'" in found["settings"].says
    assert found["service"].says == "catpool sensor runs on this home"
    assert {check.state for check in found.values()} <= {OK, WARN, FAIL}

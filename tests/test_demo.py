"""`catpool demo`: the whole product once (the suite's one long test), and what holds around it."""

import subprocess
import sys
from pathlib import Path

import pytest

from sensor.errors import SettingsError
from sensor.home import find_home
from web import demo_cli
from web.demo_verdict import Verdict, holds, words


def test_the_demo_finds_its_box(tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "CATPOOL_HOME": str(tmp_path / "home"), "CI": "true"}
    command = [sys.executable, "-P", "-m", "catpool", "demo", "--once"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.splitlines()
    assert said[-2:] == ["The box was FOUND.", "A hit is a lead, not proof."]
    assert any("came decoded" in line or "come decoded" in line for line in said)
    assert len([line for line in done.stderr.splitlines() if line.startswith("[")]) == 8
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == ["demo", "demo.lock"]


def verdict(**changes: object) -> Verdict:
    whole = {"hit": True, "sims": 9, "sims_of": 10, "strange": 1, "joined": True, "error_m": 30.0, "in50": True}
    return Verdict(**{**whole, "in90": True, **changes})  # type: ignore[arg-type]


def test_found_asks_for_every_part() -> None:
    assert verdict().found()
    assert verdict(in50=False, in90=False, error_m=149.0).found()
    assert not verdict(in50=False, in90=True, error_m=151.0).found()
    assert not verdict(hit=False).found()
    assert not verdict(joined=False).found()
    assert not verdict(sims=4).found()
    assert not verdict(error_m=None, in50=False, in90=False).found()


def test_the_verdict_in_words() -> None:
    assert words(verdict(in50=False))[:2] == [
        "Against the truth: a hit at the box's cell and timing advance; the lead holds 9 of the box's 10 SIMs and 1"
        " others.",
        "The best place is 30 m from the box, which stands inside the 90 % region.",
    ]


def test_a_hole_is_not_inside() -> None:
    ring = [[0.0, 0.0], [3.0, 0.0], [3.0, 3.0], [0.0, 3.0], [0.0, 0.0]]
    hole = [[1.0, 1.0], [1.0, 2.0], [2.0, 2.0], [2.0, 1.0], [1.0, 1.0]]
    area = {"type": "MultiPolygon", "coordinates": [[ring, hole]]}
    assert [holds(area, lat, 1.5) for lat in (0.5, 1.5, 2.5, 3.5)] == [True, False, True, False]


def test_a_home_that_is_no_demos_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path))
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "evidence").touch()
    with pytest.raises(SettingsError, match="not a demo's home"), demo_cli.own_home():
        pass
    assert (tmp_path / "demo" / "evidence").exists()


def test_two_demos_do_not_share_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path))
    with (
        demo_cli.own_home() as home,
        pytest.raises(SettingsError, match="another demo runs there"),
        demo_cli.own_home(),
    ):
        pass
    assert home.root == find_home().root / "demo"


def test_a_browser_opens_only_before_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("CI", raising=False)
    assert demo_cli.has_screen()
    monkeypatch.setenv("CI", "true")
    assert not demo_cli.has_screen()
    monkeypatch.delenv("CI")
    monkeypatch.delenv("DISPLAY")
    assert not demo_cli.has_screen()


def test_a_port_in_use_gives_way_to_the_next() -> None:
    from web.serve import take_port

    first = demo_cli.free_port("127.0.0.1")
    with take_port("127.0.0.1", first):
        assert demo_cli.free_port("127.0.0.1") > first

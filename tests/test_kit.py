"""The kit's files: units hardened to 2.0 or less, users and folders that systemd accepts, a profile that loads."""

import re
import shutil
import subprocess
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from sensor.settings import ROOMS, load_section
from web.settings import SECTIONS

pytestmark = pytest.mark.parts("systemd-analyze", "systemd-sysusers", "make")

TOP = Path(__file__).resolve().parent.parent
UNITS = sorted(path.name for path in (TOP / "systemd").glob("*.service"))


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, cwd=TOP)


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("kit")
    done = run("make", "lay", f"DESTDIR={root}")
    assert done.returncode == 0, done.stderr
    return root


def test_there_is_a_unit_a_room_and_one_for_the_dongle() -> None:
    assert UNITS == [
        "catpool-detection.service", "catpool-rtl-tcp.service", "catpool-sensor.service", "catpool-web.service",
    ]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_exposure_is_at_most_2(laid: Path, unit: str) -> None:
    done = run("systemd-analyze", "security", "--offline=true", "--threshold=20", f"--root={laid}", unit)
    assert done.returncode == 0, done.stdout + done.stderr
    level = re.search(r"exposure level for \S+: (\d+\.\d)", done.stdout)
    assert level is not None
    assert float(level[1]) <= 2.0


@pytest.fixture(scope="module")
def bootable(laid: Path) -> Path:
    """The laid root with the system's own units and empty programs, as `systemd-analyze verify` wants them."""
    shutil.copytree("/lib/systemd/system", laid / "lib/systemd/system", symlinks=True)
    for program in ("opt/catpool/venv/bin/catpool", "usr/bin/rtl_tcp"):
        path = laid / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n", encoding="utf-8")
        path.chmod(0o755)
    return laid


@pytest.mark.parametrize("unit", UNITS)
def test_units_are_valid(bootable: Path, unit: str) -> None:
    done = run("systemd-analyze", "verify", "--man=no", f"--root={bootable}", unit)
    assert (done.returncode, done.stderr) == (0, "")


def test_each_service_has_a_user_of_its_own_and_shares_one_group(laid: Path) -> None:
    users = [re.search(r"^User=(\S+)$", (TOP / "systemd" / unit).read_text("utf-8"), re.M) for unit in UNITS]
    named = {match[1] for match in users if match}
    assert len(named) == len(UNITS)
    (laid / "etc").mkdir(exist_ok=True)
    done = run("systemd-sysusers", f"--root={laid}", "catpool.conf")
    assert done.returncode == 0, done.stderr
    passwd = {line.split(":")[0] for line in (laid / "etc/passwd").read_text("utf-8").splitlines()}
    group = next(line for line in (laid / "etc/group").read_text("utf-8").splitlines() if line.startswith("catpool:"))
    assert named <= passwd
    assert set(group.split(":")[3].split(",")) == named


def test_profile_documents_every_key_and_loads() -> None:
    path = TOP / "firmware-config/kit-profile.toml"
    text = path.read_text(encoding="utf-8")
    document = tomllib.loads(text)
    assert tuple(document) == ROOMS == tuple(SECTIONS)
    for room, kind in SECTIONS.items():
        load_section(path, room, kind)
        assert set(document[room]) == set(kind.__dataclass_fields__), f"[{room}]"
    lines = text.splitlines()
    undocumented = [now for before, now in pairwise(lines) if "=" in now and not before.startswith("#")]
    assert [line for line in undocumented if not line.startswith("#")] == []


def test_every_setting_says_what_it_does() -> None:
    silent = [
        f"{room}.{name}"
        for room, kind in SECTIONS.items()
        for name, item in kind.__dataclass_fields__.items()
        if not item.metadata.get("says")
    ]
    assert silent == []


def test_hotspot_holds_no_key() -> None:
    text = (TOP / "firmware-config/hotspot/catpool-hotspot.nmconnection").read_text(encoding="utf-8")
    assert re.findall(r"^psk=(.*)$", text, re.M) == ["@PSK@"]
    assert "autoconnect=false" in text

"""What this room looks at for `catpool doctor`: home, journal, dongle, modems, GPS, clock, bands.

Each check says what is, and what mends it. Nothing here transmits, tunes or changes anything.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sensor.bands import by_hearing, hearing
from sensor.errors import CaptureError, DeviceError, JournalError, SensorError, SettingsError
from sensor.home import Home
from sensor.settings import SensorSettings, load_section
from sensor.single import only_one

OK, WARN, FAIL = "ok", "warn", "fail"
USB = Path("/sys/bus/usb/devices")
USB_NODES = Path("/dev/bus/usb")
MODULES = Path("/proc/modules")
RTL2832U = {("0bda", "2832"), ("0bda", "2838")}  # Realtek's own numbers; near all dongles keep them
DVB_DRIVER = "dvb_usb_rtl28xxu"
OLDEST_PYTHON = (3, 11)
LEAST_ROOM_MB = 500
GPS_PATIENCE_S = 4.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: `state` is "ok", "warn" (works, but) or "fail"; `mend` is the command or deed that helps."""

    name: str
    state: str
    says: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Dongle:
    """An RTL2832U on USB."""

    maker: str
    product: str
    serial: str
    node: Path  # its device file

    @property
    def is_v4(self) -> bool:
        return "blog v4" in f"{self.maker} {self.product}".lower()


def checks(home: Home) -> list[Check]:
    """All checks of this room; none raises."""
    try:
        settings = load_section(home.settings, "sensor", SensorSettings)
        settled = Check("settings", OK, _settled(home))
    except SettingsError as error:
        settings = SensorSettings()
        settled = Check("settings", FAIL, str(error), f"edit {home.settings}")
    running = is_running(home)
    dongles = list(find_dongles())
    radio, tuner = check_source(settings, running)
    return [
        check_python(),
        settled,
        check_home(home),
        check_room(home),
        check_journal(home),
        Check("service", OK, "catpool sensor runs on this home" if running else "catpool sensor does not run here"),
        check_dongle(dongles),
        *check_rights(dongles),
        check_dvb(),
        radio,
        *(check_modem(device) for device in settings.modems),
        check_gps(settings),
        check_clock(),
        check_bands(tuner or ("R820T" if dongles else None), bool(settings.modems)),
    ]


def _settled(home: Home) -> str:
    return f"{home.settings} is understood" if home.settings.exists() else f"no {home.settings}: the defaults hold"


def is_running(home: Home) -> bool:
    """Whether the sensor service holds this home."""
    if not (home.root / "sensor.lock").exists():
        return False
    try:
        with only_one(home, "sensor"):
            return False
    except SettingsError:
        return True


def check_python(version: tuple[int, ...] = tuple(sys.version_info[:3])) -> Check:
    named = ".".join(map(str, version))
    if version >= OLDEST_PYTHON:
        return Check("python", OK, named)
    return Check("python", FAIL, f"{named} is older than 3.11", "apt-get install python3.11")


def check_home(home: Home) -> Check:
    if not home.root.exists():
        return Check("home", WARN, f"{home.root} is not there yet: the first command that writes makes it")
    if os.access(home.root, os.W_OK | os.X_OK):
        return Check("home", OK, f"{home.root} can be written")
    return Check("home", FAIL, f"{home.root} cannot be written", "set CATPOOL_HOME, or mend the folder's rights")


def check_room(home: Home) -> Check:
    place = next(folder for folder in (home.root, *home.root.parents) if folder.exists())
    free_mb = shutil.disk_usage(place).free / 1e6
    if free_mb >= LEAST_ROOM_MB:
        return Check("disk", OK, f"{free_mb:,.0f} MB free")
    return Check("disk", WARN, f"{free_mb:,.0f} MB free", "free some room, or lower keep_mb in [sensor]")


def check_journal(home: Home) -> Check:
    from sensor.journal import Journal

    if not home.journal.exists():
        return Check("journal", OK, "none yet: nothing was kept so far")
    try:
        with Journal.open(home.journal, read_only=True) as journal:
            counts, size_mb = journal.counts(), journal.size_bytes() / 1e6
    except (JournalError, sqlite3.Error) as error:
        return Check("journal", FAIL, str(error), "see the line itself")
    rows = ", ".join(f"{number:,} {kind.replace('_reading', '')}" for kind, number in counts.items())
    return Check("journal", OK, f"{rows} rows; {size_mb:,.1f} MB")


def find_dongles(usb: Path = USB, nodes: Path = USB_NODES) -> Iterator[Dongle]:
    for folder in sorted(usb.glob("*")):
        if (read(folder / "idVendor"), read(folder / "idProduct")) in RTL2832U:
            bus, number = read(folder / "busnum"), read(folder / "devnum")
            node = nodes / bus.zfill(3) / number.zfill(3)
            yield Dongle(read(folder / "manufacturer"), read(folder / "product"), read(folder / "serial"), node)


def read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def check_dongle(dongles: list[Dongle], library: Callable[[], str] | None = None) -> Check:
    """Which dongles are there; Debian 12's librtlsdr 0.6.0 is reported deaf on the RTL-SDR Blog V4."""
    if not dongles:
        return Check("dongle", WARN, "none on USB", "plug in an RTL2832U dongle; a hub may need its own power")
    named = ", ".join(f"{one.maker} {one.product} (serial {one.serial or 'none'})" for one in dongles)
    version = (library or library_version)()
    if any(one.is_v4 for one in dongles) and version.startswith(("0.6", "0.5")):
        return Check(
            "dongle",
            FAIL,
            f"{named}: librtlsdr {version} is reported deaf on the Blog V4",
            "install librtlsdr 2.0 or later, or use a Blog V3 or another R820T dongle",
        )
    return Check("dongle", OK, named)


def library_version() -> str:
    """Debian's version of librtlsdr; "" where it is not installed or not Debian."""
    for package in ("librtlsdr0", "librtlsdr2"):
        try:
            said = subprocess.run(
                ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, timeout=10
            )
        except (OSError, subprocess.SubprocessError):
            return ""
        if said.returncode == 0 and said.stdout:
            return said.stdout
    return ""


def check_rights(dongles: list[Dongle]) -> list[Check]:
    refused = [str(one.node) for one in dongles if one.node.exists() and not os.access(one.node, os.R_OK | os.W_OK)]
    if not refused:
        return []
    return [
        Check(
            "usb rights",
            WARN,
            f"this user may not open {', '.join(refused)}",
            "put it into the group catpool or plugdev and log in again; `make install` lays the udev rule",
        )
    ]


def check_dvb(modules: Path = MODULES) -> Check:
    if any(line.startswith(DVB_DRIVER + " ") for line in read(modules).splitlines()):
        return Check(
            "dvb driver",
            FAIL,
            f"{DVB_DRIVER} holds the dongle as a television receiver",
            f"modprobe -r {DVB_DRIVER}; firmware-config/modprobe/catpool-dvb.conf keeps it away",
        )
    return Check("dvb driver", OK, "not loaded")


def check_source(settings: SensorSettings, running: bool) -> tuple[Check, str | None]:
    """The radio source of the settings, and its tuner where it says so. A running service's is left alone."""
    name = settings.source
    if not name:
        return Check("radio", WARN, "no source in [sensor]", 'such as source = "rtl_tcp://127.0.0.1:1234"'), None
    if running:
        return Check("radio", OK, f"{name} is in use by the running service"), None
    try:
        from sensor.source import open_source

        live = "://" in name
        with open_source(name, rate_hz=settings.rate_hz if live else None) as source:
            tuner = getattr(source, "tuner", None)
    except (CaptureError, DeviceError) as error:
        return Check("radio", FAIL, str(error), "see the line itself"), None
    return Check("radio", OK, f"{name} answers" + (f": {tuner}" if tuner else "")), tuner


def check_modem(device: str) -> Check:
    path = device.removeprefix("modem://")
    if not Path(path).exists():
        return Check("modem", FAIL, f"{path} is not there", "look under /dev/serial/by-id; plug the modem in again")
    if not os.access(path, os.R_OK | os.W_OK):
        return Check("modem", FAIL, f"this user may not open {path}", "put it into the group dialout and log in again")
    return Check("modem", OK, f"{path} is there")


def check_gps(settings: SensorSettings) -> Check:
    if not settings.gpsd:
        return Check("gps", WARN, "none in [sensor]: readings have no position", 'set gpsd = "127.0.0.1:2947"')
    from sensor.place import open_place

    try:
        place = open_place(settings.gpsd, quiet=True)
    except SensorError as error:
        return Check("gps", FAIL, str(error), "mend gpsd in [sensor]")
    until = time.monotonic() + GPS_PATIENCE_S
    while place.position() is None and time.monotonic() < until and "refused" not in place.state():
        time.sleep(0.05)
    position, state = place.position(), place.state()
    place.close()
    if position is not None:
        return Check(
            "gps", OK, f"{settings.gpsd}: fix, HDOP {position.hdop if position.hdop is not None else 'unknown'}"
        )
    if state.startswith("not connected"):
        return Check(
            "gps", FAIL, f"{settings.gpsd}: {state}", "systemctl start gpsd.socket; is the receiver plugged in?"
        )
    return Check("gps", WARN, f"{settings.gpsd}: {state}", "bring the antenna under open sky, and wait a minute or two")


def check_clock(quality: Callable[[], str] | None = None) -> Check:
    from sensor.clock import Clock

    said = (quality or Clock().quality)()
    if said == "free":
        return Check(
            "clock",
            WARN,
            "nobody keeps it: times may be wrong, and nothing is purged by age",
            "let chrony take GPS time (firmware-config/chrony), or connect to a network once",
        )
    return Check("clock", OK, f"kept by {said.upper()}")


def check_bands(tuner: str | None, modem: bool) -> Check:
    """What this kit hears of each band."""
    grouped = by_hearing(hearing(tuner, modem))
    words = "; ".join(f"{hears}: {', '.join(bands)}" for hears, bands in grouped.items())
    return Check("bands", OK if tuner or modem else WARN, words)

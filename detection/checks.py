"""What this room looks at for `catpool doctor`: the store, its room, the service's settings and what it has heard."""

import os
import shutil
from pathlib import Path

from detection.errors import StoreError
from detection.settings import DetectionSettings
from detection.store import SCHEMA_VERSION, Store
from sensor.checks import FAIL, OK, WARN, Check
from sensor.errors import SettingsError
from sensor.home import Home
from sensor.settings import load_section
from sensor.single import only_one

LEAST_ROOM_MB = 100


def checks(home: Home) -> list[Check]:
    """All checks of this room; none raises and none makes a file."""
    return [check_settings(home), check_store(home), check_room(home), check_service(home)]


def check_settings(home: Home) -> Check:
    """Whether [detection] is understood, and how long a cell is learned."""
    try:
        settings = load_section(home.settings, "detection", DetectionSettings)
    except SettingsError as error:
        return Check("detection settings", FAIL, str(error), f"edit {home.settings}")
    return Check("detection settings", OK, f"a cell is learned {settings.learning_hours:g} h before it raises alarms")


def check_store(home: Home) -> Check:
    """Whether the store opens, and what it holds."""
    if not home.store.exists():
        return Check("store", OK, f"no {home.store} yet: `catpool detection` or an import makes it")
    try:
        with Store.open(home.store, read_only=True) as store:
            counts = f"{len(store.hits())} hits, {len(store.leads())} leads, {len(store.placed_cells())} placed cells"
    except StoreError as error:
        return Check("store", WARN if "older version" in str(error) else FAIL, str(error), mend_of(home, str(error)))
    if not os.access(home.store, os.W_OK):
        return Check("store", FAIL, f"{home.store}: may not be written", f"chown or chmod {home.store}")
    return Check("store", OK, f"version {SCHEMA_VERSION}: {counts}")


def mend_of(home: Home, says: str) -> str:
    """What mends a store that does not open; what holds leads is moved away only where nothing can read it."""
    if "older version" in says:
        return "run `catpool leads` once"
    if "newer version" in says:
        return "update catpool, or use the one that wrote it"
    if "not a database" in says:
        return f"move {home.store} away; a new one is made"
    return f"chown or chmod {home.store} and its folder, and look at the room on the disk"


def check_room(home: Home) -> Check:
    """Whether hits and leads can still be written."""
    place = next((path for path in (home.root, *home.root.parents) if path.exists()), Path("/"))
    free_mb = shutil.disk_usage(place).free / 1e6
    if free_mb < LEAST_ROOM_MB:
        return Check("store's room", FAIL, f"{free_mb:.0f} MB free on {place}", "free some room, or lower keep_mb")
    return Check("store's room", OK, f"{free_mb:,.0f} MB free")


def check_service(home: Home) -> Check:
    """Whether `catpool detection` runs on this home."""
    if not (home.root / "detection.lock").exists():
        return Check("detection service", OK, "catpool detection never ran here")
    try:
        with only_one(home, "detection"):
            return Check("detection service", OK, "catpool detection does not run here")
    except SettingsError:
        return Check("detection service", OK, "catpool detection runs on this home")

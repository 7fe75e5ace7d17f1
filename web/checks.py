"""What this room looks at for `catpool doctor`: its settings, accounts, audit, session key, base maps and port.

Each check says what is, and what mends it. Nothing is made or changed.
"""

import http.client
import json
import sqlite3
from collections import Counter

from detection.errors import StoreError
from detection.store import Store
from sensor.checks import FAIL, OK, WARN, Check
from sensor.errors import SettingsError
from sensor.home import Home
from sensor.settings import load_section
from web.settings import WebSettings

PATIENCE_S = 2.0


def checks(home: Home) -> list[Check]:
    """All checks of this room; none raises."""
    try:
        settings = load_section(home.settings, "web", WebSettings)
    except SettingsError as error:
        return [
            Check("web settings", FAIL, str(error), f"edit {home.settings}"),
            *check_accounts(home),
            check_maps(home),
        ]
    return [*check_accounts(home), check_key(home), check_maps(home), check_port(settings)]


def check_accounts(home: Home) -> list[Check]:
    """Who may sign in, and whether the audit's chain holds."""
    from web.store import AccountStore

    make = "catpool user add NAME --role field"
    if not home.store.exists():
        return [Check("accounts", WARN, "none yet: nobody can sign in", make)]
    try:
        Store.open(home.store, read_only=True).close()
        with AccountStore.connect(home.store) as store:
            accounts, broken = store.accounts(), store.broken_audit_line()
    except StoreError as error:
        return [Check("accounts", FAIL, str(error), "mend the database as the line says")]
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return [Check("accounts", WARN, "none yet: nobody can sign in", make)]
        return [Check("accounts", FAIL, f"{home.store}: {error}", "check the rights on CATPOOL_HOME")]
    roles = Counter(account.role for account in accounts if not account.disabled)
    said = ", ".join(f"{number} {role}" for role, number in sorted(roles.items()))
    found = Check("accounts", OK, said) if roles else Check("accounts", WARN, "none that may sign in", make)
    if broken is None:
        return [found, Check("audit", OK, "the chain of lines is whole")]
    words = f"the chain breaks at line {broken}: somebody changed the database by hand"
    return [found, Check("audit", FAIL, words, "keep a copy of the database, and find out who")]


def check_key(home: Home) -> Check:
    """Whether the key that signs cookies is for its owner alone."""
    path = home.root / "web.key"
    if not path.exists():
        return Check("session key", OK, "not there yet: the first `catpool serve` makes it")
    if path.stat().st_mode & 0o077:
        return Check("session key", FAIL, f"{path} can be read by others", f"chmod 600 {path}")
    return Check("session key", OK, "for its owner alone")


def check_maps(home: Home) -> Check:
    """Which base maps there are."""
    from web.basemaps import base_maps

    maps = base_maps(home)
    dropped_in = [base_map.name for base_map in maps if not base_map.bundled]
    folder = home.root / "maps"
    if dropped_in:
        return Check("base map", OK, ", ".join(dropped_in))
    if maps:
        return Check("base map", WARN, "Natural Earth alone: coasts, no streets", f"put a PMTiles file into {folder}")
    return Check("base map", FAIL, "none", f"put a PMTiles file into {folder}, or install catpool anew")


def check_port(settings: WebSettings) -> Check:
    """Whether the map is served, could be, or something else holds its port."""
    from web.errors import PortInUseError
    from web.serve import take_port, url_of

    url = url_of(settings.host, settings.port)
    try:
        take_port(settings.host, settings.port).close()
    except PortInUseError as error:
        version = _served_version(settings)
        if version is None:
            return Check("map", FAIL, str(error), "free the port, or set port in [web]")
        return Check("map", OK, f"served at {url}, version {version}")
    return Check("map", WARN, f"not served now; it would be at {url}", "catpool serve")


def _served_version(settings: WebSettings) -> str | None:
    """Version of the catpool that answers there; None for anything else."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    line = http.client.HTTPConnection(host, settings.port, timeout=PATIENCE_S)
    try:
        line.request("GET", "/healthz")
        said = json.loads(line.getresponse().read(200))
        return str(said["version"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        line.close()

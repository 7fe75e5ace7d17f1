"""One connection a request: this room's tables, detection's store and the sensor's journal.

A journal or a store that is not there yet reads as empty: the screens come up before the first reading.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Flask, current_app, g

from detection.store import Store
from sensor.home import Home
from web.hearing import Hearing
from web.store import AccountStore

if TYPE_CHECKING:
    from sensor.journal import Journal


def home() -> Home:
    """The home this app serves."""
    found: Home = current_app.config["HOME"]
    return found


def now() -> datetime:
    """The app's clock, UTC; tests set another."""
    clock = current_app.config["CLOCK"]
    moment: datetime = clock()
    return moment.astimezone(UTC)


def accounts() -> AccountStore:
    """This room's tables, opened once a request."""
    if "accounts" not in g:
        g.accounts = AccountStore.connect(home().store)
    found: AccountStore = g.accounts
    return found


def store() -> Store:
    """Detection's tables, opened once a request."""
    if "store" not in g:
        g.store = Store.open(home().store)
    found: Store = g.store
    return found


def journal() -> "Journal | None":
    """The sensor's readings, read only; None while there is no journal."""
    if "journal" not in g:
        g.journal = open_journal(home())
    found: Journal | None = g.journal
    return found


def hearing() -> Hearing:
    """What kits heard lately, one object for all requests."""
    found: Hearing = current_app.extensions["hearing"]
    return found


def open_journal(home: Home) -> "Journal | None":
    """A read-only journal; None while there is none."""
    if not home.journal.exists():
        return None
    from sensor.journal import Journal

    return Journal.open(home.journal, read_only=True)


def close_after_request(app: Flask) -> None:
    """Closes what a request opened, also when it failed."""

    @app.teardown_appcontext
    def close(_error: BaseException | None) -> None:
        for name in ("accounts", "store", "journal"):
            opened = g.pop(name, None)
            if opened is not None:
                opened.close()

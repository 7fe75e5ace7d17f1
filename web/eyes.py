"""One look at both databases: which features are new or differ since the look before."""

import sqlite3
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

from detection.store import Store
from sensor.errors import CallerError
from sensor.home import Home
from web.connection import open_journal
from web.features import cell_id
from web.hearing import Hearing

if TYPE_CHECKING:
    from sensor.journal import Journal


class Eyes:
    """Remembers the last look. Each look opens and closes its own connections, so that any thread may take it."""

    def __init__(self, home: Home, hearing: Hearing) -> None:
        self.home = home
        self.hearing = hearing
        self._counter = 0
        self._journal_counter = 0
        self._seen: dict[str, dict[str, Hashable]] = {}

    def look(self) -> dict[str, tuple[str, ...]]:
        """Ids of the features that changed, by collection; {} when none did, or a database cannot be read now."""
        changes: dict[str, tuple[str, ...]] = {}
        try:
            with Store.open(self.home.store, read_only=True) as store:
                changes.update(self._look_at_store(store))
            journal = open_journal(self.home)
            if journal is not None:
                with journal:
                    changes.update(self._look_at_journal(journal))
        except (CallerError, sqlite3.Error):
            pass  # a database that is being made or moved; the next look finds what this one missed
        return {name: ids for name, ids in changes.items() if ids}

    def _look_at_store(self, store: Store) -> dict[str, tuple[str, ...]]:
        before, self._counter = self._counter, store.change_counter()
        if before == self._counter:
            return {}
        places = {cell_id(cell.identity): hash(cell) for cell in store.placed_cells()}
        regions = {name: hash(posterior.computed) for name, posterior in store.posteriors().items()}
        return {
            "hits": tuple(f"hit:{hit.id}" for hit in store.hits(changed_after=before)),
            "leads": tuple(f"lead:{lead.lead}" for lead in store.leads(merged=True, changed_after=before)),
            "cells": self._differing("places", places),
            "posteriors": self._differing("posteriors", regions),
        }

    def _look_at_journal(self, journal: "Journal") -> dict[str, tuple[str, ...]]:
        before, self._journal_counter = self._journal_counter, journal.change_counter()
        if before == self._journal_counter:
            return {}
        heard = {cell_id(cell.identity, cell): cell.stamp.time for _, cell in journal.latest_cells()}
        kits = {f"kit:{kit}": time for kit, time in self.hearing.last_places(journal).items()}
        return {"cells": self._differing("heard", heard), "tracks": self._differing("kits", kits)}

    def _differing(self, name: str, now: Mapping[str, Hashable]) -> tuple[str, ...]:
        before = self._seen.get(name, {})
        self._seen[name] = dict(now)
        gone = [key for key in before if key not in now]
        return tuple([key for key, value in now.items() if before.get(key) != value] + gone)

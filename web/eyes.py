"""One look at both databases: which features are new or differ since the look before."""

import sqlite3
from collections.abc import Callable, Hashable, Iterable, Mapping

from detection.store import Store
from sensor.errors import CallerError
from sensor.home import Home
from web.connection import open_journal
from web.features import cell_id
from web.hearing import Hearing

Changes = Mapping[str, tuple[str, ...]]  # ids of features by collection


class Eyes:
    """Remembers the last look. Each look opens and closes its own connections, so that any thread may take it."""

    def __init__(self, home: Home, hearing: Hearing) -> None:
        self.home = home
        self.hearing = hearing
        self._counter = 0
        self._journal_counter = 0
        self._seen: dict[str, dict[str, Hashable]] = {}

    def look(self) -> Changes:
        """Ids of the features that changed, by collection; {} when none did."""
        return join(self._try(look) for look in (self._look_at_store, self._look_at_journal))

    def _try(self, look: Callable[[], Changes]) -> Changes:
        try:
            return look()
        except (CallerError, sqlite3.Error):
            return {}  # a database that is being made or moved: the next look finds what this one missed

    def _look_at_store(self) -> Changes:
        with Store.open(self.home.store, read_only=True) as store:
            before, counter = self._counter, store.change_counter()
            if before == counter:
                return {}
            hits = store.hits(changed_after=before)
            leads = store.leads(merged=True, changed_after=before)
            places = {cell_id(cell.identity): cell for cell in store.placed_cells()}
            regions = {name: (place.computed, place.lat, place.lon) for name, place in store.posteriors().items()}
            self._counter = counter
        return {
            "hits": tuple(f"hit:{hit.id}" for hit in hits),
            "leads": tuple(f"lead:{lead.lead}" for lead in leads),
            "cells": self._differing("places", places),
            "posteriors": self._differing("posteriors", regions),
        }

    def _look_at_journal(self) -> Changes:
        journal = open_journal(self.home)
        if journal is None:
            return {}
        with journal:
            before, counter = self._journal_counter, journal.change_counter()
            if before == counter:
                return {}
            heard = {cell_id(cell.identity, cell): cell.stamp.time for _, cell in journal.latest_cells()}
            kits = {f"kit:{kit}": time for kit, time in self.hearing.last_places(journal).items()}
            self._journal_counter = counter
        return {"cells": self._differing("heard", heard), "tracks": self._differing("kits", kits)}

    def _differing(self, name: str, now: Mapping[str, Hashable]) -> tuple[str, ...]:
        before = self._seen.get(name, {})
        self._seen[name] = dict(now)
        gone = [key for key in before if key not in now]
        return tuple([key for key, value in now.items() if before.get(key) != value] + gone)


def join(parts: Iterable[Changes]) -> dict[str, tuple[str, ...]]:
    """Several changes as one, ids in order of first appearance."""
    joined: dict[str, dict[str, None]] = {}
    for part in parts:
        for name, ids in part.items():
            if ids:
                joined.setdefault(name, {}).update(dict.fromkeys(ids))
    return {name: tuple(ids) for name, ids in joined.items()}

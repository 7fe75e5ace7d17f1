"""What a ranking does with this home's store: the audit of clear identities, what was taught, leads that are kept."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sensor.home import Home, find_home

if TYPE_CHECKING:
    from detection.cdr.lessons import Lessons
    from detection.cdr.pseudonyms import Names
    from detection.cdr.rank import Ranking


def audit_clear(case: str, exports: tuple[Path, ...], out: Path) -> None:
    """Notes a look at clear identities, before it happens."""
    from detection.store import Store

    with Store.open(find_home().make().store) as store:
        told = f"{len(exports)} export(s), first {exports[0].name}, into {out}"
        store.audit(datetime.now(UTC), getpass.getuser(), "cdr rank --clear", f"case {case}", told)


def audit_lists(case: str, found: "Ranking", out: Path) -> None:
    """Notes which lists of clear identities a run left, and how long they are."""
    from detection.store import Store

    with Store.open(find_home().make().store) as store:
        told = f"{len(found.victims)} numbers in victims.csv, {len(found.since)} SIMs in block.csv, in {out}"
        store.audit(datetime.now(UTC), getpass.getuser(), "cdr rank: victims and block lists", f"case {case}", told)


def learnt(home: Home, names: "Names", owner: str) -> "Lessons":
    """What raids and people taught this home."""
    from detection.cdr.lessons import read_lessons
    from detection.store import Store

    gateways, leads = [], []
    if home.store.exists():
        with Store.open(home.store) as store:
            gateways, leads = store.known_gateways(), store.leads(merged=True)
    return read_lessons(home.cdr, names, datetime.now(UTC).date(), owner, gateways, leads)


def prove_store() -> None:
    """Raises StoreError now rather than after a long ranking, where nothing could be kept in the store."""
    from detection.store import Store

    Store.open(find_home().make().store).close()


def keep_leads(path: Path, placed: list) -> None:  # type: ignore[type-arg]
    """Leads and cells into the store of this home."""
    from detection.leads import import_leads
    from detection.store import Store

    with Store.open(find_home().make().store) as store:
        if placed:
            store.put_placed_cells(placed)
        import_leads(store, path)

"""Two hits of one signature: whether they speak of one place, and what they say together."""

from dataclasses import replace

from detection.hit import Hit


def same_place(known: Hit, new: Hit) -> bool:
    """Whether two hits of one signature and timing advance stand for one place.

    A cell that gave its whole name is the same cell wherever and however it is heard. One whose name was not heard
    is told by carrier and colour code, and those repeat across a country: it is the same only within one source.
    """
    if known.signature != new.signature or known.timing_advance != new.timing_advance:
        return False
    if known.cell.is_complete() and new.cell.is_complete():
        return known.cell == new.cell
    radio_agrees = (known.arfcn, known.bsic) == (new.arfcn, new.bsic)
    return radio_agrees and known.source == new.source and not _contradict(known, new)


def _contradict(known: Hit, new: Hit) -> bool:
    pairs = zip(_name(known), _name(new), strict=True)
    return any(a is not None and b is not None and a != b for a, b in pairs)


def _name(hit: Hit) -> tuple[str | int | None, ...]:
    cell = hit.cell
    return (cell.rat, cell.mcc, cell.mnc, cell.lac, cell.ci)


def merge(known: Hit, new: Hit) -> Hit:
    """The hit that both are: the newer version speaks, else the stronger; the span covers both.

    Seconds count from the first frame of one run, so those of another run are not mixed with them.
    """
    newer = new.version > known.version or (new.version == known.version and new.log10_odds >= known.log10_odds)
    speaks, other = (new, known) if newer else (known, new)
    same_run = known.source == new.source
    raised = [hit.raised_s for hit in (known, new) if hit.raised_s is not None]
    return replace(
        speaks,
        id=known.id,
        cell=new.cell if new.cell.is_complete() else known.cell,
        arfcn=new.arfcn if new.arfcn is not None else known.arfcn,
        bsic=new.bsic if new.bsic is not None else known.bsic,
        from_s=min(known.from_s, new.from_s) if same_run else speaks.from_s,
        to_s=max(known.to_s, new.to_s) if same_run else speaks.to_s,
        raised_s=min(raised, default=None) if same_run else speaks.raised_s,
        first_seen=min((t for t in (known.first_seen, new.first_seen) if t is not None), default=None),
        last_seen=max((t for t in (known.last_seen, new.last_seen) if t is not None), default=None),
        look_alikes=speaks.look_alikes or other.look_alikes,
    )

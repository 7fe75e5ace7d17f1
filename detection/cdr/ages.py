"""Until when the time of a record can be: a little past now, where the machine's clock can be believed. Pure."""

from datetime import UTC, datetime, timedelta

from detection.cdr.times import LATEST

RELEASED = datetime(2026, 11, 24, tzinfo=UTC)  # of this software: a clock before it was never set, as on a Pi offline
AHEAD = timedelta(days=2)  # local times are up to 14 h ahead of UTC, and clocks go wrong by hours
FUTURE = "in the future"


def is_set(now: datetime) -> bool:
    """Whether a machine's clock can be right."""
    return now >= RELEASED


def latest_of(now: datetime | None) -> int:
    """Unix s at and after which a record is in the future; None: nobody knows what time it is."""
    return LATEST if now is None or not is_set(now) else min(LATEST, int((now + AHEAD).timestamp()))


def told(refused: int, now: datetime | None) -> list[str]:
    """What is to be said of the clock and of lines that were refused for it."""
    if now is None:
        return []
    if not is_set(now):
        return [f"this machine's clock says {now:%Y-%m-%d}, which can't be: records in the future are not told; set it"]
    if not refused:
        return []
    lines = "1 line is" if refused == 1 else f"{refused} lines are"
    return [f"{lines} dated more than two days after this machine's clock ({now:%Y-%m-%d %H:%M} UTC), and refused"]

"""Section [detection] of the settings file."""

from dataclasses import dataclass

from sensor.settings import setting


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """Section [detection]: how the running service judges."""

    learning_hours: float = setting(24.0, "a cell is listened to this long before the service raises alarms on it")
    poll_s: float = setting(2.0, "seconds between two looks into the journal")
    cdr_days: int = setting(8, "full days of call records that `catpool cdr update` keeps, besides the current one")

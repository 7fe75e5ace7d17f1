"""What can go wrong in this room, said in one line that names the datum and the mend."""


class CallerError(Exception):
    """What the caller can mend: the front door prints the message as one line and exits with status 2."""


class SensorError(CallerError):
    """Base of this room's errors."""


class CaptureError(SensorError):
    """A capture that cannot be read: empty, truncated, odd length, no rate, unknown format."""


class DeviceError(SensorError):
    """A device or a server that cannot be opened, or that went away."""


class SettingsError(SensorError):
    """A settings file that is not TOML, holds an unknown key or a value of the wrong type or range."""


class JournalError(SensorError):
    """A journal that cannot be opened: not writable, of a newer version, or not a journal."""


class ReadingsError(SensorError):
    """A READINGS.csv, or a row of one, that is not what it should be."""

"""What can go wrong in this room, said in one line that names the datum and the mend."""

from sensor.errors import CallerError


class DetectionError(CallerError):
    """Base of this room's errors."""


class StoreError(DetectionError):
    """A store that cannot be opened: not writable, of a newer version, or not a store."""


class ExportError(DetectionError):
    """A CDR export, cell list, readings or lead file that cannot be read as what it should be."""


class UnknownLeadError(DetectionError):
    """A lead that the store does not hold."""

"""What can go wrong in this room, said in one line that names the datum and the mend."""

from sensor.errors import CallerError


class WebError(CallerError):
    """Base of this room's errors."""


class AccountError(WebError):
    """An account that cannot be made or changed: name taken, weak password, unknown role."""


class AccountStoreError(WebError):
    """Accounts that cannot be opened: not writable, of a newer version, or not a database."""


class PortInUseError(WebError):
    """The address to serve on is taken, or not to be had."""

"""What may be sent to a modem: whole lines, nothing else.

Dialling, answering, messages, USSD, data contexts and network selection are not here, so they cannot be sent:
ATD, ATA, +CMGS, +CUSD, +CGACT, +COPS=0/1. Nor is +COPS=?, which drops service for minutes, nor +CFUN=4, which
turns the receiver off too (3GPP TS 27.007 §8.2).
"""

from collections.abc import Iterable

from sensor.errors import DeviceError

GENERIC = (
    "AT",
    "ATE0",  # no echo
    "AT+CMEE=1",  # errors with their number
    "ATI",
    "AT+CGMI",
    "AT+CGMM",
    "AT+CGMR",
    "AT+CFUN?",
    "AT+CREG?",
    "AT+CEREG?",
    "AT+COPS?",
    "AT+CSQ",
    "AT+CESQ",
)


class ForbiddenCommandError(DeviceError):
    """A line that is not on the allow-list. It was not sent."""


class AllowList:
    """The lines that may be sent. Comparison is exact, so that no second command rides along after a `;`."""

    def __init__(self, *more: Iterable[str]) -> None:
        self.lines = frozenset(GENERIC).union(*more)

    def check(self, line: str) -> str:
        """The line itself when it may be sent; raises ForbiddenCommandError."""
        if line not in self.lines:
            raise ForbiddenCommandError(f"modem: {line!r} is not on the allow-list and was not sent; catpool only asks")
        return line

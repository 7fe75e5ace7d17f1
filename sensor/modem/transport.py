"""AT commands over a serial line (3GPP TS 27.007, ITU-T V.250 §5): one question, its lines, its final result.

Answers come in pieces and with unsolicited lines in between: bytes are gathered into lines, lines that do not
belong to the question are set aside and counted.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

import serial

from sensor.errors import DeviceError
from sensor.modem.allowed import AllowList
from sensor.modem.redact import redact

FINAL = re.compile(r"^(OK|ERROR|\+CM[ES] ERROR:.*|NO CARRIER|COMMAND NOT SUPPORT)$")
UNSOLICITED = re.compile(
    r"^(RING|RDY|NO CARRIER|Call Ready|SMS Ready|PB DONE|SMS DONE|NORMAL POWER DOWN|UNDER-VOLTAGE.*|OVER-VOLTAGE.*"
    r"|\*PSUTTZ:.*|DST:.*|\+(?:CRING|CLIP|CMTI?|CREG|CGREG|CEREG|CPIN|CFUN|CIEV|CTZV|CTZE|CGEV|CUSD|PDP|QIND|QIURC"
    r"|QUSIM|NITZ|PSUTTZ|PACSP\d?)\b.*|\^.*)$"
)
LONGEST_LINE = 4096  # a line without an end is noise, not an answer


class ModemGoneError(DeviceError):
    """The port vanished: unplugged, reset or powered off."""


class Port(Protocol):
    """The part of pyserial's Serial that the transport uses."""

    def read(self, size: int = 1) -> bytes: ...
    def write(self, data: bytes) -> int | None: ...
    def close(self) -> None: ...


@dataclass(slots=True)
class LineGatherer:
    """Bytes in, whole lines out. Empty lines and carriage returns are dropped, an endless line is cut."""

    pending: bytes = b""
    overlong: int = 0

    def feed(self, chunk: bytes) -> list[str]:
        *whole, self.pending = (self.pending + chunk).replace(b"\r", b"\n").split(b"\n")
        if len(self.pending) > LONGEST_LINE:
            self.pending = b""
            self.overlong += 1
        return [text for raw in whole if (text := raw.decode("ascii", "replace").strip("\x00 \t"))]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came between a command and its final result."""

    command: str
    lines: tuple[str, ...]
    final: str
    unsolicited: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.final == "OK"


@dataclass(slots=True)
class AtTransport:
    """One modem. `clock` gives monotonic seconds; raises ModemGoneError when the port goes
    away, DeviceError when it says nothing."""

    port: Port
    name: str
    allowed: AllowList
    clock: Callable[[], float] = time.monotonic
    unsolicited_lines: int = 0
    sent: list[str] = field(default_factory=list)
    _gatherer: LineGatherer = field(default_factory=LineGatherer)

    def ask(self, command: str, timeout_s: float = 5.0) -> Answer:
        """Sends an allowed command and waits for its final result."""
        self._write(self.allowed.check(command))
        asked = re.match(r"AT([+^#*][A-Z0-9]+)", command)
        prefix = asked.group(1) + ":" if asked else None
        lines: list[str] = []
        strays: list[str] = []
        deadline = self.clock() + timeout_s
        while self.clock() < deadline:
            for line in self._gatherer.feed(self._read()):
                if FINAL.match(line):
                    self.unsolicited_lines += len(strays)
                    return Answer(command, tuple(lines), line, tuple(redact(stray) for stray in strays))
                if line == command:
                    continue  # the echo
                belongs = line.startswith(prefix) if prefix and line[0] in "+^#*" else not UNSOLICITED.match(line)
                (lines if belongs else strays).append(line)
        raise DeviceError(
            f"modem {self.name}: no answer to {command} within {timeout_s:g} s; is it an AT port, and is it free?"
        )

    def _write(self, command: str) -> None:
        self.sent.append(command)
        try:
            self.port.write(command.encode("ascii") + b"\r")
        except (serial.SerialException, OSError) as error:
            raise self._gone(error) from error

    def _read(self) -> bytes:
        try:
            return self.port.read(256)
        except (serial.SerialException, OSError) as error:
            raise self._gone(error) from error

    def _gone(self, error: Exception) -> ModemGoneError:
        mend = "plug it in again; best named by /dev/serial/by-id"
        return ModemGoneError(f"modem {self.name}: went away ({error}); {mend}")

    def close(self) -> None:
        self.port.close()

    def __enter__(self) -> "AtTransport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_transport(path: str, allowed: AllowList) -> AtTransport:
    """Opens the serial port at 115200 baud, for this process alone. Raises DeviceError with the mend."""
    try:
        port = serial.Serial(path, 115_200, timeout=0.1, write_timeout=2.0, exclusive=True)
    except FileNotFoundError as error:
        raise DeviceError(f"modem {path}: there is no such port; look below /dev/serial/by-id") from error
    except serial.SerialException as error:
        said = str(error)
        if "Permission denied" in said or getattr(error, "errno", None) == 13:
            mend = "no right to open it; add yourself to its group (ls -l), then log in anew"
        elif "No such file" in said or getattr(error, "errno", None) == 2:
            mend = "there is no such port; look below /dev/serial/by-id"
        elif "exclusively lock" in said or getattr(error, "errno", None) == 16:
            mend = "another program holds it; stop ModemManager or the other catpool"
        else:
            mend = f"cannot be opened ({said})"
        raise DeviceError(f"modem {path}: {mend}") from error
    except (OSError, ValueError) as error:
        raise DeviceError(f"modem {path}: cannot be opened ({error})") from error
    return AtTransport(port, path, allowed)

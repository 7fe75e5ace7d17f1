"""`catpool survey modem:///dev/...`: which cells the modem hears, by asking only."""

from collections.abc import Callable
from dataclasses import dataclass

from sensor.errors import DeviceError
from sensor.modem.allowed import AllowList
from sensor.modem.transport import AtTransport, ModemGoneError, open_transport
from sensor.modem.vendor import Vendor
from sensor.modem.vendors import VENDORS
from sensor.readings import CellReading, Stamp

SCHEME = "modem://"


@dataclass(frozen=True, slots=True)
class ModemSurvey:
    """Cells heard, and what the team must know of the modem itself."""

    vendor: str
    cells: tuple[CellReading, ...]
    refused: tuple[str, ...]  # lines that could not be read, redacted
    warnings: tuple[str, ...]


def device_of(source: str) -> str:
    """Path of a modem:// SOURCE: modem:///dev/ttyUSB2 is /dev/ttyUSB2."""
    path = source.removeprefix(SCHEME)
    if not path.startswith("/"):
        raise DeviceError(f"source {source}: a modem is named by its port, such as modem:///dev/ttyUSB2")
    return path


def allow_list() -> AllowList:
    """What every vendor's questions need, and the generic lines."""
    return AllowList(*([question.command for question in vendor.questions] for vendor in VENDORS))


def survey(
    source: str,
    stamp: Callable[[], Stamp],
    open_port: Callable[[str, AllowList], AtTransport] = open_transport,
) -> ModemSurvey:
    """Asks the modem of a modem:// SOURCE for its cells. Raises DeviceError."""
    with open_port(device_of(source), allow_list()) as modem:
        return ask(modem, stamp)


def ask(modem: AtTransport, stamp: Callable[[], Stamp]) -> ModemSurvey:
    """Finds the vendor, then asks its questions in order."""
    wake(modem)
    vendor = identify(modem)
    warnings = tuple(state_warnings(modem))
    cells: list[CellReading] = []
    refused: list[str] = []
    for question in vendor.questions:
        if question.last_resort and cells:
            continue
        answer = modem.ask(question.command, question.timeout_s)
        if question.read is not None and answer.ok:
            heard = question.read(answer.lines, stamp())
            cells.extend(heard.cells)
            refused.extend(heard.refused)
    return ModemSurvey(vendor.name, tuple(cells), tuple(refused), warnings)


def wake(modem: AtTransport) -> None:
    """Gets the modem's attention: the first line after power-on may be lost or answered ERROR."""
    for attempt in range(3):
        try:
            modem.ask("AT", timeout_s=1.0)
            break
        except ModemGoneError:
            raise
        except DeviceError:
            if attempt == 2:
                raise
    modem.ask("ATE0")
    modem.ask("AT+CMEE=1")


def identify(modem: AtTransport) -> Vendor:
    """The vendor whose words the modem says of itself. Raises DeviceError for one not in the table."""
    said = ""
    for command in ("AT+CGMI", "AT+CGMM", "ATI"):
        said += " " + " ".join(modem.ask(command).lines).upper()
        for vendor in VENDORS:
            if any(word in said for word in vendor.knows):
                return vendor
    known = ", ".join(vendor.name for vendor in VENDORS)
    raise DeviceError(f"modem {modem.name}: says it is{said or ' nothing'}; known are {known}")


def state_warnings(modem: AtTransport) -> list[str]:
    """What is wrong with the modem for listening: deaf (CFUN 4), or registered and so transmitting."""
    warnings = []
    level = "".join(modem.ask("AT+CFUN?").lines)
    if level.replace(" ", "") in ("+CFUN:4", "+CFUN:0"):
        warnings.append(f"modem {modem.name} is deaf: {level} turns its receiver off; switch it on before the drive")
    registered = "".join(modem.ask("AT+CREG?").lines).replace(" ", "").split(",")
    if len(registered) > 1 and registered[1] in ("1", "5"):
        warnings.append(f"modem {modem.name} is registered and so transmits at times; take its SIM out to stay silent")
    return warnings

"""Asks a modem for its cells once a minute; a port that is unplugged is tried again. One thread a modem."""

import logging
import threading
from collections.abc import Callable, Sequence

from sensor.clock import Clock
from sensor.errors import DeviceError
from sensor.journal import Reading
from sensor.modem.survey import ModemSurvey, survey
from sensor.readings import Position

log = logging.getLogger(__name__)
EVERY_S = 60.0


class ModemEar:
    """Puts the cells that one modem names into `put`."""

    def __init__(
        self,
        device: str,
        put: Callable[[Sequence[Reading]], None],
        clock: Clock,
        position: Callable[[], Position | None],
        ending: threading.Event,
        ask: Callable[..., ModemSurvey] = survey,
    ) -> None:
        self.source = device if device.startswith("modem://") else f"modem://{device}"
        self.state = "not asked yet"
        self._put, self._clock, self._position, self._ending, self._ask = put, clock, position, ending, ask
        self._warned: set[str] = set()

    def listen(self) -> None:
        """Asks until the service ends."""
        while True:
            self.ask_once()
            if self._ending.wait(EVERY_S):
                return

    def ask_once(self) -> None:
        try:
            heard = self._ask(self.source, lambda: self._clock.stamp(self.source, self._position()))
        except DeviceError as error:
            if self.state != str(error):
                log.error("modem: %s; trying again", error)
            self.state = str(error)
            return
        except Exception:  # a strange answer must not end the thread
            log.exception("modem %s: asking it failed", self.source)
            self.state = "asking it failed"
            return
        self._put(list(heard.cells))
        self.state = f"{heard.vendor}, {len(heard.cells)} cells"
        for warning in set(heard.warnings) - self._warned:
            log.warning("%s", warning)
        self._warned |= set(heard.warnings)
        for line in heard.refused:
            log.warning("modem %s: not understood: %s", self.source, line)

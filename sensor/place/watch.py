"""A thread that keeps a receiver's link up: connects, reads, and after a fault tries again, more and more slowly."""

import logging
import threading
import time
from collections.abc import Callable

from sensor.place.fixes import Fixes
from sensor.readings import Position

log = logging.getLogger(__name__)
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
OFFSET_HOLDS_S = 30.0


class Watch:
    """Base of the place sources: a kind overrides `_follow`, which reads until the link breaks (OSError)."""

    def __init__(self, name: str, clock_s: Callable[[], float] = time.monotonic, quiet: bool = False) -> None:
        self.name = name
        self._quiet = quiet
        self._clock_s = clock_s
        self._fixes = Fixes()
        self._offset: tuple[float, float] | None = None  # offset, when it was seen
        self._state = "not connected yet"
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def position(self) -> Position | None:
        with self._lock:
            return self._fixes.newest(self._clock_s())

    def clock_offset_s(self) -> float | None:
        with self._lock:
            if self._offset is None or self._clock_s() - self._offset[1] > OFFSET_HOLDS_S:
                return None
            return self._offset[0]

    def state(self) -> str:
        with self._lock:
            return "fix" if self._fixes.newest(self._clock_s()) else self._state

    def close(self) -> None:
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._ending.is_set():
            began = self._clock_s()
            try:
                self._follow()
                why = "it closed the link"
            except OSError as error:
                why = str(error.strerror or error)
            if self._ending.is_set():
                return
            self._break_off(why)
            wait_s = FIRST_WAIT_S if self._clock_s() - began > LONGEST_WAIT_S else min(2 * wait_s, LONGEST_WAIT_S)
            self._ending.wait(wait_s)

    def _break_off(self, why: str) -> None:
        with self._lock:
            self._fixes.lose()
            self._offset = None
            changed, self._state = self._state != f"not connected ({why})", f"not connected ({why})"
        if changed and not self._quiet:
            log.warning("%s: %s; positions are missing until it is back", self.name, self._state)

    def _follow(self) -> None:
        raise NotImplementedError

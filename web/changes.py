"""What changed: one thread looks at both databases and tells every open stream.

A sequence number is "EPOCH-N": the epoch is the run of this server, so that a page which outlived a restart is told
to load everything again.
"""

import secrets
import threading
from collections import deque
from dataclasses import dataclass

from sensor.home import Home
from web.eyes import Changes, Eyes, join
from web.hearing import Hearing

PERIOD_S = 1.0
KEPT_CHANGES = 1_000


@dataclass(frozen=True, slots=True)
class Change:
    """Ids of the features that are new or differ, by collection; `complete` is False when all must be loaded."""

    seq: str
    changes: Changes
    complete: bool = True


class Watcher:
    """Knows the changes since any recent sequence number. Starts its thread with the first question."""

    def __init__(self, home: Home, hearing: Hearing, period_s: float = PERIOD_S) -> None:
        self.period_s = period_s
        self.epoch = secrets.token_hex(4)
        self._number = 0
        self._log: deque[tuple[int, Changes]] = deque(maxlen=KEPT_CHANGES)
        self._news = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._eyes = Eyes(home, hearing)

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def start(self) -> None:
        """Takes the first look and starts the thread; does nothing when it runs already."""
        with self._news:
            if self._thread is not None or self.stopping:
                return
            self.epoch = secrets.token_hex(4)  # of this process: gunicorn forks before it serves
            self._eyes.look()
            self._thread = threading.Thread(target=self._run, name="changes", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ends the thread, which on its way out wakes every stream, and those end. Safe in a signal handler."""
        self._stopping.set()

    def seq(self) -> str:
        """The sequence number of now."""
        self.start()
        with self._news:
            return f"{self.epoch}-{self._number}"

    def since(self, seq: str) -> Change:
        """Everything that changed after `seq`; not complete when that is of another run or too long ago."""
        self.start()
        with self._news:
            return self._since(seq)

    def wait(self, seq: str, timeout_s: float) -> Change | None:
        """The changes after `seq` as soon as there are any; None after `timeout_s` or when the server stops."""
        self.start()
        with self._news:
            here = f"{self.epoch}-{self._number}"
            if seq == here and not self.stopping:
                self._news.wait_for(lambda: self.stopping or seq != f"{self.epoch}-{self._number}", timeout_s)
            if self.stopping or seq == f"{self.epoch}-{self._number}":
                return None
            return self._since(seq)

    def tell(self, changes: Changes) -> None:
        """Gives changes a number and wakes every stream."""
        with self._news:
            self._number += 1
            self._log.append((self._number, changes))
            self._news.notify_all()

    def _since(self, seq: str) -> Change:
        here = f"{self.epoch}-{self._number}"
        epoch, _, digits = seq.partition("-")
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else -1
        oldest = self._log[0][0] if self._log else self._number + 1
        if epoch != self.epoch or not oldest - 1 <= number <= self._number:
            return Change(here, {}, complete=False)
        return Change(here, join(changes for at, changes in self._log if at > number))

    def _run(self) -> None:
        while not self._stopping.wait(self.period_s):
            changes = self._eyes.look()
            if changes:
                self.tell(changes)
        with self._news:
            self._news.notify_all()

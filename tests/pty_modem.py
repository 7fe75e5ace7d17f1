"""A modem on a pseudo-terminal: answers as told, splits lines anywhere, interleaves URCs, can be unplugged."""

import contextlib
import os
import threading
import tty
from collections.abc import Mapping, Sequence
from types import TracebackType


class PtyModem:
    """Answers each command with its text (lines, final result included); ERROR to what it does not know."""

    def __init__(
        self,
        answers: Mapping[str, str],
        *,
        piece: int = 1000,
        unsolicited: Sequence[str] = (),
        echo: bool = False,
        deaf_to: int = 0,
        unplug_at: str | None = None,
    ) -> None:
        self.answers = answers
        self.piece = piece
        self.unsolicited = list(unsolicited)
        self.echo = echo
        self.deaf_to = deaf_to  # commands it lets pass in silence, as after power-on
        self.unplug_at = unplug_at
        self.received: list[str] = []
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "PtyModem":
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.slave)  # the reader's end: its next read fails and the thread ends
        self.thread.join(timeout=5)
        with contextlib.suppress(OSError):
            os.close(self.master)

    def _run(self) -> None:
        pending = b""
        while True:
            try:
                pending += os.read(self.master, 1024)
            except OSError:
                return
            while b"\r" in pending:
                line, _, pending = pending.partition(b"\r")
                if not self._answer(line.decode("ascii").strip()):
                    return

    def _answer(self, command: str) -> bool:
        self.received.append(command)
        if self.deaf_to > 0:
            self.deaf_to -= 1
            return True
        if command == self.unplug_at:
            os.write(self.master, b"\r\n+CE")  # in the middle of an answer
            os.close(self.master)
            return False
        text = self.answers.get(command, "ERROR")
        lines = ([command] if self.echo else []) + text.split("\n")
        for line in lines:
            if self.unsolicited:
                self._write(f"\r\n{self.unsolicited.pop(0)}\r\n")
            self._write(f"\r\n{line}\r\n")
        return True

    def _write(self, text: str) -> None:
        data = text.encode("ascii")
        for start in range(0, len(data), self.piece):
            os.write(self.master, data[start : start + self.piece])

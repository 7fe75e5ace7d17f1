"""A stand-in for osmocom's rtl_tcp: plays a capture, writes down the commands it gets, serves one client at a time."""

import socket
import struct
import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

R820T = 5


class FakeRtlTcp:
    """Plays cu8 octets round and round, as fast as they are taken or at `rate_hz`.

    `captures` are octets, or octets by centre frequency (Hz): what is tuned to and not there is silence.
    `header_pieces` splits the header; the link breaks after `stop_after` octets, each time again.
    """

    def __init__(
        self,
        captures: bytes | Mapping[float, bytes],
        *,
        rate_hz: float | None = None,
        tuner: int = R820T,
        header: bytes | None = None,
        header_pieces: Sequence[int] = (12,),
        stop_after: int | None = None,
        piece: int = 16_384,
    ) -> None:
        self.commands: list[tuple[int, int]] = []
        self.clients = 0
        self._captures = captures
        self._rate_hz = rate_hz
        self._header = struct.pack(">4sII", b"RTL0", tuner, 29) if header is None else header
        self._header_pieces = header_pieces
        self._stop_after = stop_after
        self._piece = piece
        self._frequency = 0.0
        self._ending = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0), backlog=2)
        self._server.settimeout(0.02)
        self.port = int(self._server.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"rtl_tcp://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()
        self._server.close()

    def _serve(self) -> None:
        while not self._ending.is_set():
            try:
                client, _ = self._server.accept()
            except TimeoutError:
                continue
            self.clients += 1
            with client:
                client.settimeout(0.02)
                try:
                    self._play(client)
                except OSError:
                    continue

    def _play(self, client: socket.socket) -> None:
        rest = self._header
        for size in (*self._header_pieces, len(rest)):
            client.sendall(rest[:size])
            rest = rest[size:]
            time.sleep(0.002)
        listener = threading.Thread(target=self._listen, args=(client,), daemon=True)
        listener.start()
        sent, started = 0, time.monotonic()
        while not self._ending.is_set() and (self._stop_after is None or sent < self._stop_after):
            octets = self._octets(sent)
            if self._stop_after is not None:
                octets = octets[: self._stop_after - sent]
            self._send(client, octets)
            sent += len(octets)
            if self._rate_hz:
                time.sleep(max(0.0, started + sent / 2 / self._rate_hz - time.monotonic()))
        client.shutdown(socket.SHUT_RDWR)
        listener.join()

    def _octets(self, at: int) -> bytes:
        capture = self._captures
        if not isinstance(capture, bytes):
            capture = capture.get(self._frequency, b"\x7f\x80" * 512)
        start = at % len(capture)
        return capture[start : start + self._piece]

    def _send(self, client: socket.socket, octets: bytes) -> None:
        view = memoryview(octets)
        while view and not self._ending.is_set():
            try:
                view = view[client.send(view) :]
            except TimeoutError:
                continue

    def _listen(self, client: socket.socket) -> None:
        got = b""
        while not self._ending.is_set():
            try:
                more = client.recv(64)
            except TimeoutError:
                continue
            except OSError:
                return
            if not more:
                return
            got += more
            while len(got) >= 5:
                code, value = struct.unpack(">BI", got[:5])
                got = got[5:]
                self.commands.append((code, value))
                if code == 0x01:
                    self._frequency = float(value)

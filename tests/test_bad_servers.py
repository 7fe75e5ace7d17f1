"""Servers, devices, ports, signals and pipes that fail: one line that names them, status 2, no traceback.

What has to do with signals, pipes, locks and ports starts real processes.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from front_door import (
    CELL_STRONG,
    Knock,
    ended,
    on_air,
    process,
    refused,
    write_capture,
    write_inputs,
)


@contextmanager
def server(*says: bytes) -> Iterator[str]:
    """A TCP server on this machine that says something to each caller and hangs up; gives host:port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                with caller:
                    for said in says:
                        caller.sendall(said)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_a_radio_server_that_is_none_is_refused(knock: Knock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        away = f"127.0.0.1:{taken.getsockname()[1]}"
    radio = ("--rate", "1e6", "--freq", "939e6")
    refused(knock("decode", f"rtl_tcp://{away}", *radio), away, "rtl_tcp")
    with server(b"HTTP/1.0 400 Bad Request\r\n\r\n" * 3) as garbage:
        refused(knock("survey", f"rtl_tcp://{garbage}", *radio), garbage)
    with server(b"RTL0\0\0") as torn:
        refused(knock("listen", f"rtl_tcp://{torn}", *radio), torn)
    refused(knock("decode", "rtl_tcp://127.0.0.1:port", *radio), "port")
    refused(knock("decode", "rtl_tcp://127.0.0.1:99999", *radio), "99999")


def test_a_modem_that_is_none_is_refused(knock: Knock) -> None:
    Path("no-tty").write_text("kept", encoding="utf-8")
    refused(knock("survey", "modem:///dev/no-such-modem"), "/dev/no-such-modem")
    refused(knock("survey", f"modem://{Path('no-tty').resolve()}"), "no-tty")
    refused(knock("survey", "modem:///dev/null"), "/dev/null")
    refused(knock("survey", "modem://"), "modem://")
    assert Path("no-tty").read_text(encoding="utf-8") == "kept"


def test_a_port_in_use_is_refused(knock: Knock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused(knock("serve", "--port", port), f"port {port}")
    refused(knock("serve", "--port", "99999"), "99999")
    refused(knock("serve", "--host", "no.such.host.invalid", "--port", "0"), "no.such.host.invalid")


def wait_for(started: "subprocess.Popen[str]", path: Path) -> None:
    for _ in range(600):
        if path.exists() and path.read_text(encoding="utf-8", errors="replace").strip():
            return
        assert started.poll() is None, started.communicate()
        time.sleep(0.05)
    raise AssertionError(f"{path} never came")


@pytest.mark.parametrize("command", ["sensor", "detection"])
def test_a_second_start_is_refused_and_the_first_ends_on_ctrl_c(knock: Knock, home: Path, command: str) -> None:
    home.mkdir()
    text = '[sensor]\ngpsd = ""\nsource = "rtl_tcp://127.0.0.1:9"\nfrequencies_hz = [939e6]\n'
    (home / "catpool.toml").write_text(text, encoding="utf-8")
    first = process(command)
    try:
        wait_for(first, home / f"{command}.lock")
        refused(knock(command), f"process {first.pid}")
        assert first.poll() is None
        time.sleep(0.3)
        first.send_signal(signal.SIGINT)
        answer = ended(first)
    finally:
        first.kill()
    assert answer.status == 0, answer
    assert "Traceback" not in answer.err
    assert f"catpool {command}: ended" in answer.err


def test_serve_ends_on_ctrl_c(home: Path) -> None:
    started = process("serve", "--port", "0")
    try:
        assert started.stderr is not None
        assert "the map is at" in started.stderr.readline()
        started.send_signal(signal.SIGINT)
        answer = ended(started)
    finally:
        started.kill()
    assert answer.status == 0, answer
    assert "Traceback" not in answer.err
    assert answer.out == ""


@pytest.mark.parametrize("command", ["decode", "listen"])
def test_ctrl_c_leaves_without_a_traceback(home: Path, command: str) -> None:
    long = write_capture("long", on_air(1_600_000) * 4)
    started = process(command, long, "--json")
    try:
        assert started.stdout is not None
        assert json.loads(started.stdout.readline())
        started.send_signal(signal.SIGINT)
        answer = ended(started)
    finally:
        started.kill()
    assert answer.status == 130, answer
    assert answer.err.strip() == ""  # click ends the line that the terminal's ^C stands on


@pytest.mark.parametrize(
    "arguments",
    [
        ("decode", CELL_STRONG / "capture.sigmf-meta", "--json"),
        ("listen", "--frames", "frames.jsonl", "--json"),
        ("settings",),
    ],
)
def test_a_reader_that_leaves_early_is_no_error(home: Path, arguments: tuple[object, ...]) -> None:
    write_inputs()
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "-m", "catpool", *map(str, arguments)]
    done = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    os.close(write_end)
    assert done.returncode == 0, done
    assert "Traceback" not in done.stderr
    assert "Broken pipe" not in done.stderr


def test_output_that_cannot_be_written_is_said(home: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "catpool", "decode", str(CELL_STRONG / "capture.sigmf-meta"), "--json"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr

"""`catpool demo`: a made-up town with a box in it, through the whole product, then on the map."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sensor.home import Home
    from web.demo import Demo

ACCOUNT = "demo"
DEFAULT_SEED = 7


@click.command()
@click.option("--once", is_flag=True, help="Leave after the result: status 0 only if the box was found, else 1.")
@click.option("--seed", type=click.IntRange(0, 2**31), default=DEFAULT_SEED, show_default=True, help="Which town.")
@click.option("--host", help="Address to serve the map on [settings: web.host, 127.0.0.1].")
@click.option(
    "--port", type=click.IntRange(0, 65_535), help="Port to serve it on [default: 8440, or the next free one]."
)
def demo(once: bool, seed: int, host: str | None, port: int | None) -> int:
    """Runs a made-up town with a SIM box in it through every command, and says how far from the truth they came.

    It has a home of its own: a temporary one, or `demo` below CATPOOL_HOME where that is set. Without --once
    it then serves the map.
    """
    with own_home() as home:
        found = run(home, seed)
        if not once:
            show(home, host, port)
        return 0 if found else 1


@contextmanager
def own_home() -> Iterator["Home"]:
    """A fresh home for one demo. Raises SettingsError where it is in use, or holds what is no demo's."""
    from sensor.home import Home, find_home

    if not os.environ.get("CATPOOL_HOME"):
        with tempfile.TemporaryDirectory(prefix="catpool-demo-", ignore_cleanup_errors=True) as folder:
            yield Home(Path(folder)).make()
        return
    with alone(find_home().make().root / "demo.lock"):
        root = find_home().root / "demo"
        clear(root)
        home = Home(root).make()
        (root / MARK).touch()
        yield home


MARK = "made-by-catpool-demo"


def clear(root: Path) -> None:
    """Removes the demo that stands there; anything else stays, and is named."""
    from sensor.errors import SettingsError

    if not root.exists():
        return
    if not (root / MARK).exists() and any(root.iterdir()):
        raise SettingsError(f"{root}: is not a demo's home; move it away, or set another CATPOOL_HOME")
    shutil.rmtree(root)


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Holds the lock file. Raises SettingsError while another demo holds it."""
    import fcntl

    from sensor.errors import SettingsError

    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SettingsError(f"{lock.parent / 'demo'}: another demo runs there; stop it first") from error
        yield


def run(home: "Home", seed: int) -> bool:
    """All steps with a bar on a terminal, plain lines elsewhere; whether the box was found."""
    from web.demo import STEPS, Demo
    from web.demo_verdict import judge, words

    town = Demo(home, seed, say)
    with progress(len(STEPS)) as begin:
        for name, step in STEPS:
            begin(name)
            step(town)
    return conclude(town, judge, words)


def conclude(town: "Demo", judge: Callable, words: Callable) -> bool:  # type: ignore[type-arg]
    verdict = judge(town)
    for line in words(verdict):
        say(line)
    say("A hit is a lead, not proof.")
    click.echo(f"Its export, masts, ranking and readings lie in {town.path('')}.", err=True)
    return bool(verdict.found())


def say(line: str) -> None:
    """A finding, on standard output."""
    click.echo(line)


@contextmanager
def progress(steps: int) -> Iterator[Callable[[str], None]]:
    """Gives what to call as each step begins."""
    if not sys.stderr.isatty():
        count = iter(range(1, steps + 1))
        yield lambda name: click.echo(f"[{next(count)}/{steps}] {name}", err=True)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=True, transient=True) as bar:
        task = bar.add_task("", total=steps)
        begun = 0

        def begin(name: str) -> None:
            nonlocal begun
            bar.update(task, description=name, completed=begun)
            begun += 1

        yield begin
        bar.update(task, completed=steps)


def show(home: "Home", host: str | None, port: int | None) -> None:
    """Serves the map with an account made for the demo, and opens it where there is a screen."""
    from web.serve import serve

    password = make_account(home)

    def tell(url: str) -> None:
        say(f"The map: {url}   name: {ACCOUNT}   password: {password}   (Ctrl-C stops it)")
        if has_screen():
            import webbrowser

            webbrowser.open(url)

    serve(home, host, port if port is not None else free_port(host), on_ready=tell)


def make_account(home: "Home") -> str:
    """A supervisor's account of the demo's home; its password, drawn anew each time."""
    import secrets
    from datetime import UTC, datetime

    from web.accounts import add_account
    from web.store import AccountStore

    password = secrets.token_urlsafe(9)
    with AccountStore.open(home.store) as store:
        add_account(store, ACCOUNT, "supervisor", password, datetime.now(UTC), None)
    return password


def free_port(host: str | None) -> int:
    """The usual port, or the first free one of the next twenty, or any."""
    from web.errors import PortInUseError
    from web.serve import take_port
    from web.settings import WebSettings

    usual = WebSettings()
    for port in range(usual.port, usual.port + 20):
        try:
            take_port(host or usual.host, port).close()
        except PortInUseError:
            continue
        return port
    return 0


def has_screen() -> bool:
    """Whether a browser can be opened: a display, and nobody's CI."""
    if os.environ.get("CI", "").lower() in ("true", "1"):
        return False
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))

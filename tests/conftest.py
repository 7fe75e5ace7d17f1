"""Fixtures with plain names, and two rules: real parts that are missing are named, and CI misses none.

Tests marked `parts(...)` need programs of Debian. Where one is missing the test is left out and the closing lines say
the command that installs it; with CI=true that fails the run. Tests marked `recordings` run where the shared radio
recordings are at hand (CATPOOL_RECORDINGS, or shared/recordings beside the checkout) and are deselected elsewhere.
"""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from front_door import Knock

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before numpy: tests run side by side, a core each
    os.environ.setdefault(threads, "1")

TOP = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("CATPOOL_RECORDINGS") or TOP.parent / "shared" / "recordings")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty CATPOOL_HOME, and a working folder beside it."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def knock(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> "Knock":
    """Calls `catpool ARGUMENTS` in this process."""
    from front_door import knocker

    return knocker(monkeypatch, capfd)


@pytest.fixture(scope="session")
def shared_recordings() -> Path:
    """The folder of the shared recordings; tests that ask for it carry the mark `recordings`."""
    return SHARED


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    away = [item for item in items if item.get_closest_marker("recordings") and not SHARED.is_dir()]
    if away:
        config.hook.pytest_deselected(items=away)
        items[:] = [item for item in items if item not in away]


def pytest_runtest_setup(item: pytest.Item) -> None:
    wanted = [name for mark in item.iter_markers("parts") for name in mark.args]
    missing = [name for name in wanted if shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} missing: run `make parts`, then `make test` again")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and reporter.stats.get("skipped") and not exitstatus:
        session.exitstatus = 1

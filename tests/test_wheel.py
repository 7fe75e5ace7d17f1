"""The plain wheel, installed elsewhere and run from another folder, runs the demo: its data are package data."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(TOP)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("catpool-*.whl"))


def test_wheel_holds_the_rooms_and_their_data_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"catpool.py", "sensor", "detection", "web"}
    assert any(name.endswith(".pmtiles") for name in names)
    assert any(name.startswith("web/static/vendor/maplibre-gl-") for name in names)


def test_demo_runs_from_the_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    """A venv of its own holds the wheel alone; the dependencies come from the venv that runs this test."""
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    site = next((tmp_path / "venv" / "lib").glob("python3*")) / "site-packages"
    zipfile.ZipFile(wheel).extractall(site)
    dependencies = next(Path(p) for p in sys.path if p.endswith("site-packages"))
    (site / "dependencies.pth").write_text(f"{dependencies}\n", encoding="utf-8")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    python = str(tmp_path / "venv" / "bin" / "python")
    where = "import sensor, web, catpool; print(sensor.__file__, web.__file__, catpool.__file__)"
    environment = {**os.environ, "HOME": str(elsewhere), "CATPOOL_HOME": str(elsewhere / "home")}
    found = subprocess.run([python, "-c", where], cwd=elsewhere, capture_output=True, text=True, check=True)
    assert all(path.startswith(str(site)) for path in found.stdout.split())
    demo = [python, "-m", "catpool", "demo", "--once"]
    done = subprocess.run(demo, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

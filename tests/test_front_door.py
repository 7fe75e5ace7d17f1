"""`catpool`: one line and status 2 for what the caller can mend; quick help; room commands gathered."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import catpool
import detection.cli
import sensor.cli
import web.cli

TOP = Path(__file__).resolve().parent.parent


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "catpool", *arguments], capture_output=True, text=True, check=False)


def test_unknown_command_is_one_line_and_status_2() -> None:
    done = run("sniff")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "catpool: No such command 'sniff'. (see `catpool --help`)\n"


def test_missing_argument_is_one_line_and_status_2() -> None:
    done = run("decode")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "catpool decode --help" in done.stderr


def test_version_is_the_project_s() -> None:
    stated = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert run("--version").stdout == f"catpool, version {stated}\n"


def test_every_command_of_the_rooms_is_at_the_door() -> None:
    names = {command.name for room in (sensor.cli, detection.cli, web.cli) for command in room.COMMANDS}
    contract = "decode survey sensor doctor listen signatures cdr locate leads detection serve user demo"
    assert set(contract.split()) <= names == set(catpool.catpool.commands)


def test_help_loads_none_of_the_heavy_packages() -> None:
    heavy = "numpy scipy duckdb ibis flask pandas pyarrow gunicorn serial"
    code = f"import sys, catpool; print([m for m in {heavy.split()} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("arguments", [[], ["cdr"], ["user"]])
def test_help_is_said_where_nothing_is_asked(arguments: list[str]) -> None:
    done = run(*arguments)
    assert "Usage:" in done.stdout + done.stderr

"""The key of the pseudonyms: one a home, closed to others, and never made anew beside what was kept under it."""

import os
import stat
from pathlib import Path

import pytest

from detection.cdr.pseudonyms import open_key
from detection.errors import DetectionError
from sensor.home import Home


def key_of(home: Path, octets: bytes, mode: int = 0o600) -> Path:
    (home / "cdr").mkdir()
    path = home / "cdr" / "pseudonym.key"
    path.write_bytes(octets)
    path.chmod(mode)
    return path


def test_a_home_has_one_key(tmp_path: Path) -> None:
    key = open_key(Home(tmp_path))
    assert open_key(Home(tmp_path)) == key
    assert stat.S_IMODE((tmp_path / "cdr" / "pseudonym.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("octets", [b"short", bytes(32), b"ab" * 20])
def test_a_damaged_key_is_refused(octets: bytes, tmp_path: Path) -> None:
    key_of(tmp_path, octets)
    with pytest.raises(DetectionError, match=r"damaged .* restore it, or move .*cdr away"):
        open_key(Home(tmp_path))


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    key_of(tmp_path, os.urandom(32), 0o644)
    with pytest.raises(DetectionError, match=r"open to others \(mode 0644\); `chmod 600` it"):
        open_key(Home(tmp_path))


@pytest.mark.parametrize("name", ["runs/a.jsonl", "known.json", "outcomes.jsonl", "running-0/state.json"])
def test_no_new_key_is_made_beside_what_an_old_one_named(name: str, tmp_path: Path) -> None:
    kept = tmp_path / "cdr" / name
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    with pytest.raises(DetectionError, match=r"missing, but .* lies there .*restore the key, or move"):
        open_key(Home(tmp_path))
    assert not (tmp_path / "cdr" / "pseudonym.key").exists()

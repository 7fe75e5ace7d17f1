"""Packages of others stand unmodified, with their licence, and small enough for a kit's hotspot."""

import hashlib
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parent.parent / "web" / "static"
PACKAGES = sorted(path.name for path in (STATIC / "vendor").iterdir())
NOTHING_OUTSIDE = re.compile(
    rb"""(?:src|href)=["'](?:https?:)?//|url\(["']?(?:https?:)?//|@import|\bimport\(["']http"""
)


def test_the_vendored_packages_are_these() -> None:
    assert PACKAGES == ["leaflet-1.9.4", "maplibre-gl-6.17.0", "pmtiles-4.5.0"]


@pytest.mark.parametrize("package", PACKAGES)
def test_vendored_files_are_unmodified(package: str) -> None:
    folder = STATIC / "vendor" / package
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    del files["SHA256SUMS"]
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()} == listed
    assert any(name.startswith("LICENSE") for name in files)
    assert max(path.stat().st_size for path in files.values()) < 2_000_000


def test_own_files_ask_nothing_of_the_outside() -> None:
    own = [
        path
        for path in STATIC.rglob("*")
        if path.suffix in {".css", ".js", ".mjs", ".svg", ".html"} and "vendor" not in path.parts
    ]
    assert [path.name for path in own if NOTHING_OUTSIDE.search(path.read_bytes())] == []

"""Proves that every runtime dependency, and theirs, has a wheel for the Raspberry Pi (CPython 3.11, aarch64)."""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path


def main() -> int:
    """Resolves the dependencies for the Pi without downloading them; pip names what has no wheel."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    platforms = [f"--platform=manylinux_2_{minor}_aarch64" for minor in (17, 24, 26, 27, 28, 31, 34, 35, 36)]
    with tempfile.TemporaryDirectory() as target:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--dry-run"]
        command += ["--ignore-installed", "--only-binary=:all:", "--python-version=3.11", "--implementation=cp"]
        command += [*platforms, "--platform=manylinux2014_aarch64", f"--target={target}", *project["dependencies"]]
        status = subprocess.run(command, check=False).returncode
    print("aarch64 wheels:", "all there" if status == 0 else "one is missing (named above)")
    return status


if __name__ == "__main__":
    sys.exit(main())

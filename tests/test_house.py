"""The house holds: water runs one way, the three names are ours alone, SQL stands where it belongs."""

import ast
import importlib
import importlib.metadata
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
UPSTREAM = {"sensor": {"sensor"}, "detection": {"sensor", "detection"}, "web": {"sensor", "detection", "web"}}
SQL_HOMES = {"sensor/sqlite_file.py", "sensor/journal.py", "detection/store.py", "web/store.py"}
SQL_WORDS = ("SELECT ", "INSERT ", "UPDATE ", "DELETE FROM", "CREATE TABLE", "PRAGMA ", "ALTER TABLE")


def sources(room: str) -> list[Path]:
    found = sorted((TOP / room).rglob("*.py"))
    assert found, f"{room}/ holds no Python file"
    return found


def imported_rooms(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module or ""]
        else:
            continue
        for name in names:
            if (room := name.split(".")[0]) in UPSTREAM or room == "catpool":
                yield node.lineno, room


@pytest.mark.parametrize("room", UPSTREAM)
def test_imports_point_upstream(room: str) -> None:
    against = [
        f"{path.relative_to(TOP)}:{line} imports {other}"
        for path in sources(room)
        for line, other in imported_rooms(path)
        if other not in UPSTREAM[room]
    ]
    assert against == []


def test_only_catpool_supplies_the_three_names() -> None:
    suppliers = importlib.metadata.packages_distributions()
    others = {name: set(suppliers.get(name, ())) - {"catpool"} for name in UPSTREAM}
    assert others == {"sensor": set(), "detection": set(), "web": set()}
    assert [Path(str(importlib.import_module(name).__file__)).parent.parent for name in UPSTREAM] == [TOP] * 3


def strings(path: Path) -> Iterator[tuple[int, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            yield node.lineno, node.value


def test_sqlite_statements_stand_in_the_three_stores() -> None:
    stray = [
        f"{path.relative_to(TOP)}:{line}"
        for room in UPSTREAM
        for path in sources(room)
        if path.relative_to(TOP).as_posix() not in SQL_HOMES and "cdr" not in path.relative_to(TOP).parts
        for line, text in strings(path)
        if text.lstrip().startswith(SQL_WORDS)
    ]
    assert stray == []


def test_no_module_is_named_for_nothing() -> None:
    nameless = {"utils", "util", "helpers", "common", "manager", "misc", "base"}
    assert [p for room in UPSTREAM for p in sources(room) if p.stem in nameless] == []


def test_distribution_cannot_be_uploaded_by_accident() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "Private :: Do Not Upload" in project["classifiers"]
    assert set(project["optional-dependencies"]) >= {"rtlsdr", "spark", "dev"}


def test_tests_are_flat() -> None:
    assert list((TOP / "tests").rglob("__init__.py")) == []
    assert [p for p in (TOP / "tests").rglob("test_*.py") if p.parent != TOP / "tests"] == []

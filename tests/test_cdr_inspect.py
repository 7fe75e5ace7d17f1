"""What inspect says of an export, and a dialect that says otherwise."""

import json
import tomllib
from pathlib import Path

import pytest
from cdr_exports import HEADER, Row, export, plain, read, rows
from click.testing import CliRunner, Result

from detection.cdr.dialect import Dialect, load_dialect
from detection.cdr.records import open_engine, read_records
from detection.cdr_cli import cdr
from detection.errors import ExportError

CHINESE = "呼叫类型;用户号码;对方号码;IMSI;开始时间;时长;位置区;小区;备注"


def chinese(row: Row) -> str:
    kind = "主叫" if row.outgoing else "被叫"
    cell = f"{row.lac:04X};{row.ci:04X}"
    return f"{kind};86{row.number};{row.other};{row.imsi};{row.time('%d/%m/%Y %H:%M:%S')};{row.duration_s};{cell};x"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    lines = export(chinese, CHINESE).splitlines()
    path.write_text("\n".join([*lines, "合计;120", lines[5].replace("/2026", "/20x6")]), encoding="gb18030")
    return path


def inspect(path: Path, *options: str | Path) -> Result:
    words = ["inspect", str(path), "--timezone", "Asia/Shanghai", *map(str, options)]
    return CliRunner().invoke(cdr, words, catch_exceptions=False)


def test_it_tells_what_each_column_is_and_why(path: Path) -> None:
    told = json.loads(inspect(path, "--json").stdout)
    assert (told["encoding"], told["delimiter"], told["header_line"]) == ("gb18030", ";", 1)
    roles = [column["role"] for column in told["columns"]]
    assert roles == ["record_type", "served", "other", "imsi", "start", "duration", "lac", "ci", None]
    assert told["time"]["format"] == "day/month/year"
    assert told["country"]["code"] == "86"
    assert told["record_types"] == {"主叫": "moc", "被叫": "mtc"}
    assert (told["cells"]["lac_hexadecimal"], told["cells"]["ci_hexadecimal"]) == (True, True)
    assert set(told["missing"]) == {"imei", "ta", "result"}
    assert told["lines"] == {
        "lines": 123, "accepted": 120, "duplicates": 0, "rejected": 2, "header": 1, "blank": 0,
    }  # fmt: skip
    assert [(it["line"], it["column"]) for it in told["refused"]] == [(122, ""), (123, "开始时间")]


def test_it_shows_no_identity(path: Path) -> None:
    shown = inspect(path).stdout
    assert rows()[0].imsi not in shown
    assert rows()[0].number not in shown
    assert "lines: 123 = 120 accepted + 0 duplicates + 2 rejected + 1 header + 0 blank" in shown
    assert "refused: 1 lines, first line 122: has 2 fields where the file has 9" in shown


def test_what_it_writes_reads_the_same(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "dialect.toml"
    inspect(path, "--dialect-out", out)
    written = tomllib.loads(out.read_text(encoding="utf-8"))
    assert written["columns"]["served"] == "用户号码"
    assert written["record_types"] == {"moc": ["主叫"], "mtc": ["被叫"]}
    assert (written["areas"], written["cells"], written["country"]) == ("hex", "hex", "86")
    first = json.loads(inspect(path, "--json").stdout)
    again = json.loads(inspect(path, "--json", "--dialect", out).stdout)
    for key in ("lines", "record_types", "dialect"):
        assert again[key] == first[key]


def test_a_dialect_overrides_what_columns_seem_to_be(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    lines = [plain(row) for row in rows()]
    path.write_text("\n".join([HEADER, *lines]).replace("MOC", "Q").replace("MTC", "P"), encoding="utf-8")
    dialect = Dialect(
        columns={"served": "other_party", "other": 4, "ta": 0, "record_type": 1},
        timezone="UTC",
        cells="hex",
    )
    records = read_records([path], open_engine(500, 1), dialect=dialect)
    layout = records.files[0].layout
    assert (layout.roles["served"], layout.roles["other"]) == (4, 3)
    assert "ta" not in layout.roles
    assert records.zone == "UTC"
    assert {cell.ci for cell in records.cells} == {int(str(row.ci), 16) for row in rows()}


def test_words_of_a_dialect_have_their_meaning(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    lines = [plain(row) + (",z7" if row.duration_s > 9 else ",z8") for row in rows()]
    path.write_text("\n".join([HEADER + ",how", *lines]).replace("MOC", "Q").replace("MTC", "P"), encoding="utf-8")
    toml = tmp_path / "dialect.toml"
    words = '[record_types]\nmoc = ["Q"]\nmtc = ["P"]\n[results]\nanswered = ["z7"]\nfailed = ["z8"]\n'
    toml.write_text('timezone = "UTC"\n[columns]\nresult = "how"\n' + words, encoding="utf-8")
    records = read_records([path], open_engine(500, 1), dialect=load_dialect(toml))
    told = records.table.select("kind", "answered", "duration_s").to_pyarrow().to_pylist()
    assert {row["kind"] for row in told} == {0, 1}
    assert all(row["answered"] == (row["duration_s"] > 9) for row in told)


def test_without_it_such_words_are_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(export().replace("MOC", "Q").replace("MTC", "P"), encoding="utf-8")
    kinds = read(path).table.select("kind").to_pyarrow()["kind"].to_pylist()
    assert set(kinds) == {8}


FAULTS = {
    "colums = {}\n": "colums is no key; keys are encoding, delimiter",
    "encoding = 5\n": "encoding is a number, not text in quotes; it says a codec",
    '[record_types]\nmoc = "MO"\n': "record_types.moc is text, not a list of words in quotes; it says its words",
    '[results]\nfoo = ["1"]\n': "results.foo is no key",
    'header = "yes"\n': "header is text; it says true or false",
    '[results]\nanswered = ["1"]\nfailed = ["1"]\n': "results: '1' stands in answered and in failed",
    '[record_types]\nmoc = ["Q"]\nmtc = ["q"]\n': "record_types: 'q' stands in moc and in mtc",
    '[columns]\nserved_nr = "x"\n': "columns.served_nr is no role",
    'time = "yyyy"\n': "time 'yyyy' is unknown",
    'country = "999"\n': "country '999'",
    'areas = "octal"\n': "areas: invalid enum value 'octal'; it says hex or decimal: LAC and TAC",
    'timezone = "Nowhere"\n': "timezone 'Nowhere'",
    'encoding = "utf-99"\n': "encoding 'utf-99'",
    'delimiter = ";;"\n': "delimiter ';;'",
    '[record_types]\ncall = ["x"]\n': "call",
    "time = \n": "not TOML",
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_typo_in_a_dialect_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "dialect.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ExportError) as refusal:
        load_dialect(path)
    assert FAULTS[text] in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("column", ['"nothing"', "99"])
def test_a_column_that_is_not_there_is_named(column: str, path: Path, tmp_path: Path) -> None:
    toml = tmp_path / "dialect.toml"
    toml.write_text(f"[columns]\nserved = {column}\n", encoding="utf-8")
    with pytest.raises(ExportError, match=r"columns\.served"):
        inspect(path, "--dialect", toml)


def test_two_roles_of_one_column_are_refused(path: Path, tmp_path: Path) -> None:
    toml = tmp_path / "dialect.toml"
    toml.write_text('[columns]\nimsi = "IMSI"\nimei = "imsi"\n', encoding="utf-8")
    with pytest.raises(ExportError, match=r"columns\.imsi and columns\.imei are one column \(IMSI\)"):
        inspect(path, "--dialect", toml)


def test_a_dialect_that_was_written_is_not_overwritten(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "dialect.toml"
    out.write_text("# mended by hand\n", encoding="utf-8")
    with pytest.raises(ExportError, match="is there already; move it away"):
        inspect(path, "--dialect-out", out)
    assert out.read_text(encoding="utf-8") == "# mended by hand\n"

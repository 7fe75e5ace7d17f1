"""Exports in dialects that nobody listed: columns, words, numbers and cells are told by what they hold."""

from dataclasses import replace
from pathlib import Path

import pytest
from cdr_exports import FIRST_S, Row, export, first_row, plain, read, rows

from bench import cdr_dialects
from detection.cdr import meanings, shifts
from detection.cdr.columns import lay_out
from detection.cdr.countries import CHINA, find_home, home_by_code, one_form
from detection.cdr.encodings import guess_encoding
from detection.cdr.headers import NOTHING, role_of
from detection.cdr.places import read_cells_of
from detection.cdr.record_words import duration_of, meaning_of
from detection.cdr.records import open_engine, read_records
from detection.cdr.times import offset_of, read_one, read_times
from detection.cdr.words import narrow

SEEDS = (12, 26, 31, 39, 52, 93, 155, 206)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_made_up_dialect_is_read_to_the_line(seed: int, tmp_path: Path) -> None:
    _, score = cdr_dialects.judge(seed, tmp_path, by_engine=True, lines=260)
    assert (score.error, score.examples) == ("", [])
    assert score.good == score.exact == 260
    assert score.caught == score.bad


HEADERS = {
    "主叫号码": "calling",
    "对方号码": "other",
    "对端用户号码2": "other",
    "计费时长": "duration",
    "通话时长(毫秒)": "duration_ms",
    "LAC码": "lac",
    "小区CI号": "ci",
    "机主手机号码": "served",
    "CALL_START_DTTM": "start",
    "ServedIMSI": "imsi",
    "CAUSE_FOR_TERM": "result",
    "callEndTime": "end",
    "是否接通": "flag",
    "B-Party No.": "called",
    "Durée (s)": "duration",
    "Длительность, сек": "duration",
    "Номер А": "calling",
    "المدة": "duration",
    "通话费用(元)": NOTHING,
    "对方归属地": NOTHING,
    "被叫IMSI": NOTHING,
    "other_party_lac": NOTHING,
}


@pytest.mark.parametrize("word", HEADERS)
def test_header_words(word: str) -> None:
    told = role_of(word)
    assert told is not None
    assert told[0] == HEADERS[word]


def test_a_word_that_says_nothing_has_no_role() -> None:
    assert role_of("XQ7") is None


KINDS = {
    "主叫": "moc",
    "语音被叫": "mtc",
    "短信起呼": "smo",
    "短信接收": "smt",
    "周期性位置更新": "lu",
    "GPRS": "data",
    "呼叫转移": "fwd",
    "SMS-MT": "smt",
    "Outgoing Call": "moc",
    "mobile terminated call": "mtc",
    "Исх. СМС": "smo",
    "appel entrant": "mtc",
    "مكالمة صادرة": "moc",
    "13812345678": "",
}


def test_kinds_by_word() -> None:
    assert {word: meaning_of(word) for word in KINDS} == KINDS


def test_durations() -> None:
    told = {
        "83": 83,
        "83.0": 83,
        "1:23": 83,
        "0:01:23": 83,
        "1分23秒": 83,
        "1m 23s": 83,
        "1'23''": 83,
        "PT1M23S": 83,
        "83 сек": 83,
    }
    assert {text: duration_of(text) for text in told} == told
    assert [duration_of(text) for text in ("2026-03-02", "x", "")] == [None, None, None]


TIMES = {
    "02/Mar/2026:09:05:06": 0,
    "Mar 02, 2026 09:05:06 AM": 0,
    "2026/3/2 上午 9:05:06": 0,
    "02/03/26 09:05:06": 0,
    "2026-03-02T09:05:06+08:00": 0,
    "20260302 090506": 0,
    "2026/3/2 下午 9:05:06": 43_200,
}


@pytest.mark.parametrize("text", TIMES)
def test_odd_times(text: str) -> None:
    reading = read_times([text] * 3)
    assert reading is not None
    assert read_one(reading.way, text) == FIRST_S + 9 * 3600 + 306 + TIMES[text]


def test_offsets() -> None:
    assert [offset_of(t) for t in ("260302090506+0530", "2026-03-02 09:05:06 -03:00", "09:05:06Z", "09:05:06")] == [
        19_800,
        -10_800,
        0,
        None,
    ]


def test_a_number_has_one_form_whatever_stands_before_it() -> None:
    british, russian = home_by_code("44"), home_by_code("7")
    assert british is not None
    assert russian is not None
    forms = ("+447911123456", "00447911123456", "07911123456", "7911123456", "+44 (0)7911 123456")
    assert {one_form(text, british) for text in forms} == {"447911123456"}
    assert {one_form(text, russian) for text in ("89161234567", "+79161234567", "9161234567")} == {"79161234567"}
    assert one_form("+33612345678", british) == "33612345678"
    chinese = ("+8613812345678", "1795113812345678", "008613812345678", "13812345678")
    assert {one_form(text, CHINA) for text in chinese} == {"13812345678"}
    assert one_form("95588", CHINA) == "95588"


def test_the_home_country_is_told_by_imsis_or_numbers() -> None:
    assert find_home(["404450000000001"] * 3, []).code == "91"
    assert find_home([], ["+919812345678", "9812345678", "09812345678"]).code == "91"
    assert find_home([], ["13812345678", "8613912345678"]).code == "86"
    assert find_home([], ["561234", "12"]).code == "86"


def test_encodings_are_told_by_their_script() -> None:
    lines = "Номер А;Длительность, сек;Дата и время\n79161234567;5;2026-03-02 00:00:00\n"
    assert guess_encoding(lines.encode("cp1251"))[0] == "cp1251"
    assert guess_encoding(lines.encode("koi8_r"))[0] == "koi8_r"
    assert guess_encoding("主叫号码,被叫号码,通话时长\n138,139,5\n".encode("gbk"))[0] == "gb18030"
    assert guess_encoding("Numéro,Durée,Début\n1,2,3\n".encode("cp1252"))[0] == "cp1252"
    assert guess_encoding("开始时间,被叫\n1,2\n".encode("utf-16-be"))[0] == "utf-16-be"


def cells(*texts: tuple[str, str, str]) -> list[tuple[int | None, int | None]]:
    table = read_cells_of([(*text, "", "") for text in texts], [])
    return [(cell.lac, cell.ci) for text in texts if (cell := table.cells[(*text, "", "")]) is not None]


def test_cell_names() -> None:
    assert cells(("", "", "460-00-1234-5678")) == [(1234, 5678)]
    assert cells(("", "", "460001234ABCD")) == [(0x1234, 0xABCD)]
    assert cells(("77", "", "123456-12")) == [(77, 123456 * 256 + 12)]
    assert cells(("", "", "46000-1201-3305"), ("", "", "46000-1202-3306")) == [(1201, 3305), (1202, 3306)]
    assert cells(("", "", "26891:22794"), ("", "", "37120:22795"), ("", "", "41211:9")) == [
        (26891, 22794),
        (37120, 22795),
        (41211, 9),
    ]
    assert cells(("1204", "5B6C", ""), ("1204", "1234", ""), ("1204", "9ABC", "")) == [
        (0x1204, 0x5B6C),
        (0x1204, 0x1234),
        (0x1204, 0x9ABC),
    ]


def test_full_width_lines_are_read(tmp_path: Path) -> None:
    wide = str.maketrans("0123456789,", "０１２３４５６７８９，")
    path = tmp_path / "wide.csv"
    path.write_text("\n".join(line.translate(wide) for line in export().splitlines()), encoding="utf-8")
    assert read(path).account.accepted == 120
    assert narrow("１２，ａ") == "12,a"


def shuffled(row: Row) -> str:
    """No header; parties by direction; what is what must follow from the relations of columns alone."""
    outward, parties = (1, (row.number, row.other)) if row.outgoing else (2, (row.other, row.number))
    return f"{row.lac},{parties[1]},{row.duration_s},{row.ci},{row.imei},{parties[0]},{outward},{row.imsi},{row.time()}"


def test_the_side_of_a_call_is_told_by_whose_number_goes_with_the_imsi(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(export(shuffled, ""), encoding="utf-8")
    records = read(path)
    roles = records.files[0].layout.roles
    assert {name: roles[name] for name in ("calling", "called", "record_type", "lac", "ci", "imei", "imsi")} == {
        "calling": 5, "called": 1, "record_type": 6, "lac": 0, "ci": 3, "imei": 4, "imsi": 7,
    }  # fmt: skip
    assert first_row(records)[0] == "mtc"


def test_one_own_number_in_the_calling_column_is_the_sims_whichever_way(tmp_path: Path) -> None:
    def own_first(row: Row) -> str:
        return f"{'MOC' if row.outgoing else 'MTC'},{row.number},{row.other},{row.imsi},{row.time()},{row.duration_s}"

    path = tmp_path / "export.csv"
    path.write_text(export(own_first, "type,calling,called,imsi,start_time,duration"), encoding="utf-8")
    records = read(path)
    assert {"served": 1, "other": 2}.items() <= records.files[0].layout.roles.items()
    assert first_row(records)[2] == rows()[0].number


def test_codes_of_results_mean_what_the_durations_say() -> None:
    lines = ["type,imsi,msisdn,other,start,duration,code"]
    for at, row in enumerate(rows()):
        seconds = 0 if at % 3 == 0 else row.duration_s
        lines.append(f"MOC,{row.imsi},{row.number},{row.other},{row.time()},{seconds},{7 if seconds else 9}")
    layout = lay_out(lines, "made up")
    assert layout.results == {"7": True, "9": False}
    assert [meanings.answered_of(layout, text) for text in ("7", "9", "8")] == [True, False, None]


def test_an_end_gives_the_duration_where_no_column_does(tmp_path: Path) -> None:
    def ended(row: Row) -> str:
        end = replace(row, t_s=row.t_s + row.duration_s).time()
        return f"MOC,{end},{row.imsi},{row.number},{row.other},{row.time()}"

    path = tmp_path / "export.csv"
    path.write_text(export(ended, ""), encoding="utf-8")
    records = read(path)
    assert records.files[0].layout.roles["end"] == 1
    assert first_row(records)[5] == rows()[0].duration_s


def test_a_line_whose_values_moved_is_told() -> None:
    layout = lay_out(export().splitlines(), "made up")
    good = plain(rows()[5]).split(",")
    assert not shifts.is_shifted(layout, good)
    assert not shifts.is_shifted(layout, [*good[:4], "", good[5], "", *good[7:]])
    assert shifts.is_shifted(layout, [*good[:3], good[1], *good[3:-1]])


def hourly(row: Row) -> str:
    kind = "MOC" if row.outgoing else "MTC"
    return f"{row.imsi}|{kind}|{row.other}|{row.number}|{row.time('%m/%d/%Y %H:%M:%S')}|{row.duration_s}"


def test_files_of_one_form_are_read_alike(tmp_path: Path) -> None:
    """A file of two lines, and one that leaves day and month in doubt, are told by the others."""
    days = [[replace(row, t_s=row.t_s + day * 86_400) for row in rows()] for day in (0, 11, 12)]
    (tmp_path / "a.csv").write_text("\n".join(map(hourly, days[0])), encoding="utf-8")
    (tmp_path / "b.csv").write_text("\n".join(map(hourly, days[1][:2])), encoding="utf-8")
    (tmp_path / "c.csv").write_text("\n".join(map(hourly, days[2])), encoding="utf-8")
    records = read_records([tmp_path], open_engine(500, 1), timezone="Asia/Shanghai")
    assert {file.layout.time.way.name for file in records.files} == {"month/day/year"}
    assert records.account.accepted == 242
    assert len({tuple(file.layout.roles.items()) for file in records.files}) == 1
    assert records.files[1].layout.roles["served"] == 3

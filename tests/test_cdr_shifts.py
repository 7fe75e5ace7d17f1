"""Lines whose values have moved are refused; remarks of any length move nothing."""

from pathlib import Path

from cdr_exports import HEADER, plain, read, rows


def test_a_long_remark_on_a_call_to_a_short_number_is_no_shift(tmp_path: Path) -> None:
    lines = [f"{plain(row)},ok" for row in rows(2400)]
    for at in (1000, 2000):
        row = rows(2400)[at]
        lines[at] = f'{plain(row).replace(row.other, "10086")},"a long remark, and ""more"" of it"'
    path = tmp_path / "cdr.csv"
    path.write_text("\n".join([f"{HEADER},remark", *lines]) + "\n", encoding="utf-8")
    records = read(path)
    assert (records.account.accepted, list(records.rejects)) == (2400, [])


def test_a_lost_field_is_still_told(tmp_path: Path) -> None:
    lines = [f"{plain(row)},ok" for row in rows(240)]
    fields = lines[100].split(",")
    lines[100] = ",".join([*fields[:3], *fields[4:], "ok"])  # the number is lost, the rest moved
    path = tmp_path / "cdr.csv"
    path.write_text("\n".join([f"{HEADER},remark", *lines]) + "\n", encoding="utf-8")
    assert [reject.line for reject in read(path).rejects] == [102]

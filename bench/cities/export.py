"""Writes a city as a carrier would hand it over, in one of a handful of dialects, and the truth beside it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from .laws import Floats
from .ledger import CALLED, DATA, TEXTED, UPDATE, Ledger
from .records import Records
from .terrain import Ints

Words = Mapping[str, str | tuple[str, list[str]]]
ENGLISH: Words = {
    "type": ("Call Type", ["MOC", "MTC", "SMS-MO", "SMS-MT", "LU", "DATA"]),
    "served": "MSISDN",
    "other": "Other Party",
    "imsi": "IMSI",
    "imei": "IMEI",
    "start": "Start Time",
    "seconds": "Duration",
    "lac": "LAC",
    "ci": "Cell ID",
    "cgi": "CGI",
    "ta": "TA",
    "result": ("Result", ["answered", "no answer"]),
}
CHINESE: Words = {
    "type": ("呼叫类型", ["主叫", "被叫", "短信发送", "短信接收", "位置更新", "上网"]),
    "served": "用户号码",
    "other": "对方号码",
    "imsi": "IMSI",
    "imei": "IMEI",
    "start": "开始时间",
    "seconds": "通话时长",
    "lac": "LAC",
    "ci": "CI",
    "cgi": "CGI",
    "ta": "TA",
    "result": ("呼叫结果", ["接通", "无应答"]),
}
TIMES = ("%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


@dataclass(frozen=True, slots=True)
class Options:
    """What a carrier's export holds and how it is written."""

    chinese: bool
    delimiter: str
    encoding: str
    time: str
    lte: bool
    cgi: bool
    advance: bool
    both_legs: bool
    failed: bool
    updates: bool
    data: bool
    prefix: str
    imei_digits: int
    imei_missing: float
    advance_missing: float
    landlines: bool
    parquet: bool = False


def draw_options(rng: np.random.Generator, *, incoming: bool) -> Options:
    """Options of a seed; `incoming` keeps received records (without them a pool that only receives can't be seen)."""
    chinese = bool(rng.random() < 0.5)
    encodings = ["utf-8", "utf-8-sig", "gb18030"] if chinese else ["utf-8", "utf-8-sig", "utf-16"]
    return Options(
        chinese=chinese,
        delimiter=str(rng.choice([",", ";", "\t", "|"])),
        encoding=str(rng.choice(encodings, p=[0.6, 0.2, 0.2])),
        time=str(rng.choice(TIMES)),
        lte=bool(rng.random() < 0.5),
        cgi=bool(rng.random() < 0.25),
        advance=bool(rng.random() < 0.8),
        both_legs=incoming or bool(rng.random() < 0.8),
        failed=bool(rng.random() < 0.8),
        updates=bool(rng.random() < 0.5),
        data=bool(rng.random() < 0.3),
        prefix=str(rng.choice(["", "86", "+86", "0086"])),
        imei_digits=int(rng.choice([14, 15, 15, 15, 16])),
        imei_missing=float(rng.choice([0.0, 0.0, rng.uniform(0.005, 0.08)])),
        advance_missing=float(rng.choice([0.0, rng.uniform(0.05, 0.5)])),
        landlines=bool(rng.random() < 0.6),
    )


def identities(
    rng: np.random.Generator, count: int, swaps: Sequence[tuple[int, int, float]], machine: NDArray[np.bool_]
) -> tuple[Ints, Ints]:
    """(IMSI, number) of every SIM; some were bought in a row, most not."""
    mnc = int(rng.choice([0, 1, 2, 7, 11]))
    serial = np.sort(rng.choice(10**9, count, replace=False))
    shuffled = rng.permutation(count)
    imsi = 460 * 10**12 + mnc * 10**10 + serial[shuffled]
    number = int(rng.integers(13, 19)) * 10**9 + rng.choice(10**9, count, replace=False)
    if rng.random() < 0.5:  # machines have numbers of 13 digits
        number[machine] = 1_440_000_000_000 + rng.choice(10**9, count, replace=False)[machine]
    for old, new, _ in swaps:
        number[new] = number[old]
    return imsi, number


def write(ledger: Ledger, records: Records, options: Options, out: Path) -> None:
    """Writes export.csv (or .parquet), cells.csv, truth.csv, boxes.csv, fraud.npz, options.json (first day too)."""
    out.mkdir(parents=True, exist_ok=True)
    imsi, number = identities(
        ledger.rng, len(ledger.kind), ledger.swaps, np.isin(ledger.kind, ("meter", "card-terminal", "tracker"))
    )
    seen = _seen(records, options)
    _export(ledger, records, options, imsi, number, seen, out)
    _cells(ledger, options, out)
    _truth(ledger, records, seen, imsi, out)
    first = str(MONDAY + np.timedelta64(ledger.laws.weekday, "D"))
    (out / "options.json").write_text(json.dumps({**asdict(options), "first_day": first}))


def _seen(records: Records, options: Options) -> Ints:
    """Rows that the carrier exports."""
    seen = np.ones(len(records.sim), np.bool_)
    if not options.both_legs:
        seen &= ~np.isin(records.what, (CALLED, TEXTED))
    if not options.failed:
        seen &= ~((records.what <= CALLED) & (records.seconds == 0))
    if not options.updates:
        seen &= records.what != UPDATE
    if not options.data:
        seen &= records.what != DATA
    return np.flatnonzero(seen)


def _export(
    ledger: Ledger, records: Records, options: Options, imsi: Ints, number: Ints, rows: Ints, out: Path
) -> None:
    words = CHINESE if options.chinese else ENGLISH
    what, peer, seconds = records.what[rows], records.peer[rows], records.seconds[rows]
    silent = what >= UPDATE
    outside = records.number[rows]
    service = (outside < 100_000) | (outside >= 10**11)
    full = np.where(service, outside, 13 * 10**9 + outside % 10**9 + (outside % 5) * 10**9)
    other = np.where(peer >= 0, number[peer], full)
    text = pc.cast(pa.array(other), pa.string())
    if options.prefix:
        long = pa.array((peer >= 0) | ~service)
        text = pc.if_else(long, pc.binary_join_element_wise(options.prefix, text, ""), text)
    if options.landlines:  # every sixth outside number: area code and eight digits
        fixed = pa.array((peer < 0) & ~service & (outside % 6 == 0))
        area = pc.if_else(pa.array(outside % 5 == 0), "010", "0571")
        local = pc.cast(pa.array(20_000_000 + outside % 60_000_000), pa.string())
        text = pc.if_else(fixed, pc.binary_join_element_wise(area, local, ""), text)
    cell = records.cell[rows]
    lac, ci = ledger.terrain.lac[cell], ledger.terrain.ci[cell]
    columns: dict[str, pa.Array] = {
        _word(words, "type"): pa.array(words["type"][1]).take(pa.array(what)),
        _word(words, "served"): pc.cast(pa.array(number[records.sim[rows]]), pa.string()),
        _word(words, "other"): pc.if_else(pa.array(silent), "", text),
        _word(words, "imsi"): pc.cast(pa.array(imsi[records.sim[rows]]), pa.string()),
        _word(words, "imei"): _imeis(ledger.rng, records.imei[rows], options),
        _word(words, "start"): _times(records.time_s[rows], options.time, ledger.laws.weekday),
        _word(words, "seconds"): pa.array(seconds.astype(np.int64)),
    }
    if options.cgi:
        joined = pc.binary_join_element_wise(
            "460",
            f"{int(imsi[0]) // 10**10 % 100:02d}",
            pc.cast(pa.array(lac), pa.string()),
            pc.cast(pa.array(ci), pa.string()),
            "-",
        )
        columns[_word(words, "cgi")] = joined
    else:
        columns[_word(words, "lac")], columns[_word(words, "ci")] = pa.array(lac), pa.array(ci)
    if options.advance:
        lost = ledger.rng.random(len(rows)) < options.advance_missing
        columns[_word(words, "ta")] = pa.array(records.advance[rows], mask=lost)
    if options.failed:
        answered = (seconds > 0) | (what > CALLED)
        columns[_word(words, "result")] = pa.array(words["result"][1]).take(pa.array(np.where(answered, 0, 1)))
    table = pa.table(columns)
    if options.parquet:
        pa.parquet.write_table(table, out / "export.parquet")
        return
    path = out / "export.csv"
    style = pa.csv.WriteOptions(delimiter=options.delimiter, quoting_style="none", quoting_header="none")
    pa.csv.write_csv(table, path, write_options=style)
    if options.encoding != "utf-8":
        path.write_bytes(path.read_bytes().decode().encode(options.encoding))


def _word(words: Words, key: str) -> str:
    word = words[key]
    return str(word[0]) if isinstance(word, tuple) else str(word)


def _imeis(rng: np.random.Generator, imei: Ints, options: Options) -> pa.Array:
    """14 digits (without check digit), 15, or 16 (with a software version); some are missing."""
    digits = {14: imei // 10, 15: imei, 16: imei // 10 * 100 + 1 + imei % 7}[options.imei_digits]
    text = pc.cast(pa.array(digits), pa.string())
    return pc.if_else(pa.array(rng.random(len(imei)) < options.imei_missing), "", text)


MONDAY = np.datetime64("2026-03-02T00:00:00")


def _times(time_s: Floats, form: str, weekday: int) -> pa.Array:
    stamps = MONDAY + np.timedelta64(weekday, "D") + time_s.astype("timedelta64[s]")
    return pc.strftime(pa.array(stamps.astype("datetime64[s]")), format=form)


def _cells(ledger: Ledger, options: Options, out: Path) -> None:
    land = ledger.terrain
    lat, lon = land.to_degrees(land.mast_x, land.mast_y)
    lines = ["lac,ci,lat,lon,azimuth,rat"]
    rat = "lte" if options.lte else "gsm"
    for row in range(len(lat)):
        lines.append(f"{land.lac[row]},{land.ci[row]},{lat[row]:.6f},{lon[row]:.6f},{land.azimuth[row]:.0f},{rat}")
    (out / "cells.csv").write_text("\n".join(lines) + "\n")


def _truth(ledger: Ledger, records: Records, rows: Ints, imsi: Ints, out: Path) -> None:
    """truth.csv: imsi,kind,box,form,acts,first_act of the SIMs that the export shows; first_act as part of the box."""
    sim, time = records.sim[rows], records.time_s[rows]
    count = len(ledger.kind)
    acts = np.bincount(sim, minlength=count)
    joined = np.array(ledger.joined)
    inside = time >= joined[sim] - 1.0
    first = np.full(count, np.inf)
    np.minimum.at(first, sim[inside], time[inside])
    forms = {int(str(place["box"])): str(place["form"]) for place in ledger.boxes if place["first"]}
    lines = ["imsi,kind,box,form,acts,first_act_s"]
    for n in np.flatnonzero(acts).tolist():
        box = ledger.box[n]
        since = f"{first[n]:.0f}" if box >= 0 and np.isfinite(first[n]) else ""
        lines.append(f"{imsi[n]},{ledger.kind[n]},{box if box >= 0 else ''},{forms.get(box, '')},{acts[n]},{since}")
    (out / "truth.csv").write_text("\n".join(lines) + "\n")
    lines = ["box,form,gateway,lat,lon,from_s,to_s"]
    for place in ledger.boxes:
        if place["first"]:
            continue
        lat, lon = ledger.terrain.to_degrees(np.array(place["x"]), np.array(place["y"]))
        lines.append(
            f"{place['box']},{place['form']},{place['gateway']},{float(lat):.6f},{float(lon):.6f},{place['from_s']:.0f},{place['to_s']:.0f}"
        )
    (out / "boxes.csv").write_text("\n".join(lines) + "\n")
    bad = records.fraud[rows]
    np.savez(out / "fraud.npz", imsi=imsi[sim[bad]], time_s=time[bad])

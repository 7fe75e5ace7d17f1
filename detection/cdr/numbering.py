"""Typed records as whole numbers: each identity by its place in a sorted list."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis.backends.duckdb import Backend
from numpy.typing import NDArray

from detection.cdr.meanings import KINDS
from detection.cdr.numbers import CLASSES, number_class
from detection.cdr.pseudonyms import Names


@dataclass(frozen=True, slots=True)
class People:
    """Identities by id, as they are to be written."""

    names: Names
    sim_texts: list[str]
    party_texts: list[str]
    imei_texts: list[str]
    party_class: NDArray[np.int8]
    imsi: bool

    def sim(self, at: int) -> str:
        return self.names.of("sim", self.sim_texts[at] if self.imsi else "")

    def party(self, at: int) -> str:
        return self.names.of("num", self.party_texts[at]) if at >= 0 else ""

    def imei(self, at: int) -> str:
        return self.names.of("imei", self.imei_texts[at])

    def sim_letters(self, at: int) -> str:
        return self.sim_texts[at]


def numbered(engine: Backend, records: ir.Table, names: Names, imsi: bool = True) -> tuple[ir.Table, People]:
    """(the records with ids in place of texts, the identities)."""
    sims = _ids(engine, records.select(text=records.sim), "sim_id")
    parties = _ids(engine, records.select(text=records.number).union(records.select(text=records.other)), "party_id")
    imeis = _ids(engine, records.select(text=records.imei), "imei_id")
    classes = parties.mutate(sort=_place(number_class(parties.text), CLASSES))
    own, other = parties.view(), classes.view()
    table = records.inner_join(sims, records.sim == sims.text).drop("text")
    table = table.left_join(own, table.number == own.text).drop("text").rename(number_id="party_id")
    table = table.left_join(other, table.other == other.text).drop("text").rename(other_id="party_id")
    table = table.left_join(imeis, table.imei == imeis.text).drop("text")
    table = table.mutate(
        kind=_place(table.kind, KINDS), other_class=table.sort.fill_null(CLASSES.index("none")).cast("int8")
    )
    held = table.select(
        "row", "kind", "sim_id", "number_id", "other_id", "other_class", "imei_id", "t_s", "local_s",
        table.duration_s.cast("int32").name("duration_s"), table.cell.cast("int32").name("cell"),
        table.ta.cast("int32").name("ta"), "answered",
    )  # fmt: skip
    answer = classes.order_by("party_id").to_pyarrow()
    people = People(
        names,
        sims.order_by("sim_id").to_pyarrow()["text"].to_pylist(),
        answer["text"].to_pylist(),
        imeis.order_by("imei_id").to_pyarrow()["text"].to_pylist(),
        answer["sort"].to_numpy().astype(np.int8),
        imsi,
    )
    return engine.create_table("acts", held), people


def _ids(engine: Backend, texts: ir.Table, name: str) -> ir.Table:
    distinct = texts.filter(texts.text.notnull()).distinct().order_by("text").to_pyarrow()
    ids = pa.table({"text": distinct["text"], name: pa.array(np.arange(len(distinct)), pa.int32())})
    return engine.create_table(f"ids_{name}", ibis.memtable(ids))


def _place(value: ir.StringValue, names: tuple[str, ...]) -> ir.IntegerValue:
    return ibis.cases(*[(value == name, at) for at, name in enumerate(names)], else_=len(names) - 1).cast("int8")

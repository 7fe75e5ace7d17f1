"""Files of one export that are alike are read alike: what one alone leaves in doubt, all of them together tell.

A day's file may not say whether 03/04 is in March or April, a file of three lines not whose number stands where. Files
with the same delimiter, width and header are laid out by rows of all of them; but a file whose times those don't fit,
as of a day that somebody saved anew from a spreadsheet, is laid out with its own like.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from detection.cdr.columns import SAMPLE, Layout, assign, spread
from detection.cdr.cutting import cut, header_words, width_of
from detection.cdr.dialect import Dialect
from detection.cdr.export import ExportFile, examine
from detection.cdr.lines import look_at
from detection.cdr.times import TimeWay, read_both, read_one
from detection.cdr.words import narrow
from detection.errors import ExportError

FEWEST_ROWS = 40  # of each file
FITTING = 0.9  # of a file's times at least are as those of all
TIMES_TRIED = 200  # of a file

Form = tuple[str, int, str]  # delimiter, fields, header line


def examine_all(paths: Sequence[Path], named: Sequence[Path], dialect: Dialect) -> tuple[list[ExportFile], list[str]]:
    """Every file of an export with its layout, in order, and a line for each that was left out.

    Raises ExportError where a file of `named` is no export of call records, or none is.
    """
    found: dict[Path, ExportFile] = {}
    refused: dict[Path, ExportError] = {}
    most = max(FEWEST_ROWS, 2 * SAMPLE // len(paths)) if len(paths) > 1 else 0
    for path in paths:
        try:
            file = examine(path, dialect)
        except ExportError as error:
            refused[path] = error
            continue
        found[path] = _with_rows(file, spread(file.layout.rows, most)) if most else file
    for form, group in _groups(found).items():
        if len(group) > 1 or refused:
            _agree(found, refused, form, group, dialect)
    for path, fault in refused.items():
        if len(paths) == 1 or path in named or not found:
            raise fault
    return [found[path] for path in paths if path in found], [f"left out: {fault}" for fault in refused.values()]


def _with_rows(file: ExportFile, rows: tuple[tuple[str, ...], ...]) -> ExportFile:
    return replace(file, layout=replace(file.layout, rows=rows))


def _groups(found: dict[Path, ExportFile]) -> dict[Form, list[Path]]:
    """Text files by their form."""
    groups: dict[Form, list[Path]] = {}
    for path, file in found.items():
        if not file.parquet and file.asn1 is None:
            groups.setdefault(_form(file.layout), []).append(path)
    return groups


def _form(layout: Layout) -> Form:
    return layout.delimiter, layout.fields, layout.header_text


def _agree(
    found: dict[Path, ExportFile],
    refused: dict[Path, ExportError],
    form: Form,
    group: Sequence[Path],
    dialect: Dialect,
) -> None:
    """Gives files of one form one layout; a file that was refused alone may be of that form too."""
    first = found[group[0]].layout
    rows = tuple(row for path in group for row in found[path].layout.rows)
    together: Layout | None = first
    if len(group) > 1:
        try:
            together = assign(
                first.names, rows, str(group[0]), delimiter=form[0], header_line=first.header_line, dialect=dialect
            )
        except ExportError:  # each alone can be read
            together = None
    ways = _by_way(found, group)
    if len(ways) > 1 and not (together and all(fits(together, found[path].layout.rows) for path in group)):
        for alike in ways:
            _agree(found, refused, form, alike, dialect)
        return
    if together is None:
        return
    for path in group:
        own = found[path].layout
        found[path] = replace(found[path], layout=_as(together, own, rows))
    for path in list(refused):
        if (file := _of_form(path, form, together, dialect)) is not None:
            found[path] = file
            del refused[path]


def _by_way(found: dict[Path, ExportFile], group: Sequence[Path]) -> list[list[Path]]:
    """Files by how each alone has its times written."""
    ways: dict[tuple[TimeWay, TimeWay | None], list[Path]] = {}
    for path in group:
        time = found[path].layout.time
        ways.setdefault((time.way, time.time_way), []).append(path)
    return list(ways.values())


def fits(layout: Layout, rows: Sequence[tuple[str, ...]]) -> bool:
    """Whether the times of rows can be read as a layout has them."""
    time, roles = layout.time, layout.roles
    parts = ("start",) if time.time_way is None else ("start_date", "start_time")
    told = [texts for row in spread(tuple(rows), TIMES_TRIED) if all(texts := [row[roles[part]] for part in parts])]
    read = sum(
        (
            read_one(time.way, texts[0])
            if time.time_way is None
            else read_both(time.way, texts[0], time.time_way, texts[1])
        )
        is not None
        for texts in told
    )
    return read >= FITTING * len(told)


def _as(together: Layout, own: Layout, rows: tuple[tuple[str, ...], ...]) -> Layout:
    """The common layout, with what is a file's own."""
    return replace(
        together,
        header_line=own.header_line,
        header_text=own.header_text,
        header_cut=own.header_cut,
        wide=own.wide,
        lettered=own.lettered,
        rows=rows,
    )


def _of_form(path: Path, form: Form, together: Layout, dialect: Dialect) -> ExportFile | None:
    """A file that alone says too little, if its lines are of this form."""
    try:
        text = look_at(path, dialect.encoding)
    except ExportError:
        return None
    lines = [narrow(line) if together.wide else line for line in text.sample if line.strip()]
    if not lines or width_of(lines, form[0]) != form[1]:
        return None
    if form[2]:
        if lines[0].strip() != form[2]:
            return None
    elif header_words(lines[0], form[0], form[1]) is None:
        return None
    rows = [tuple(cut(line, form[0])) for line in lines[bool(form[2]) :]]
    if not fits(together, [row for row in rows if len(row) == form[1]]):
        return None
    layout = replace(together, header_line=0 if form[2] else None)
    return ExportFile(path, layout, text.encoding, text.encoding_reason, text.gzipped, False)

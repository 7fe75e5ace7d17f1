"""`catpool listen` and `catpool signatures`."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sensor.decode_cli import cell_options
from sensor.source.options import capture_options

if TYPE_CHECKING:
    from detection.listen import Event, Listener
    from detection.signatures.record import Signature
    from sensor.gsm.block import Block


@click.command()
@click.argument("source", required=False)
@click.option("--frames", type=click.Path(path_type=Path), help="FRAMES.jsonl, as `catpool decode --json` writes it.")
@click.option("--start", metavar="TIME", help="When the first frame was (ISO 8601), where the frames don't say it.")
@click.option("--keep", is_flag=True, help="Cells and assignments into the journal, hits into the store.")
@cell_options
@capture_options
@click.option("--json", "as_json", is_flag=True, help="A line of JSON an event.")
def listen(
    source: str | None,
    frames: Path | None,
    start: str | None,
    keep: bool,
    arfcns: tuple[int, ...],
    ccch_conf: int | None,
    rate_hz: float | None,
    freq_hz: float | None,
    sample_format: str | None,
    as_json: bool,
) -> None:
    """Tells who is given channels by the cells of SOURCE (or of --frames), and where boxes seem to stand.

    Events: assignment, load (a minute's counts), evidence (a place whose odds moved), hit. A hit is a lead, not proof.
    """
    if (source is None) == (frames is None):
        raise click.UsageError("name one SOURCE, or --frames FRAMES.jsonl")
    began = _time(start)
    with ExitStack() as stack:
        if frames is not None:
            _listen_to_frames(stack, frames, began, keep, as_json)
            return
        from detection.listen import Listener
        from sensor.decode_cli import progress_of, say
        from sensor.gsm.receiver import Receiver
        from sensor.source import open_source

        assert source is not None
        opened = stack.enter_context(open_source(source, rate_hz=rate_hz, freq_hz=freq_hz, sample_format=sample_format))
        progress = stack.enter_context(progress_of(opened))
        receiver = Receiver(opened, arfcns=arfcns, ccch_conf=ccch_conf, progress=progress)
        listener = Listener(source, began)
        try:
            _run(stack, listener, receiver.blocks(), keep, as_json)
        except KeyboardInterrupt:
            if not opened.live:
                raise
        say(receiver)
        _summarise(listener, Counter())


def _listen_to_frames(stack: ExitStack, path: Path, began: datetime | None, keep: bool, as_json: bool) -> None:
    from detection.errors import ExportError
    from detection.frames import frames_name, open_frames
    from detection.listen import Listener

    frames = stack.enter_context(open_frames(path))
    listener = Listener(frames_name(path) if keep else path.name, began)
    _run(stack, listener, iter(frames), keep, as_json)
    if not frames.read:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(frames.bad.items())) or "it is empty"
        raise ExportError(f"frames {path}: no frame in it ({reasons}); `catpool decode CAPTURE --json` writes one")
    _summarise(listener, frames.bad)


def _run(stack: ExitStack, listener: "Listener", blocks: "Iterator[Block]", keep: bool, as_json: bool) -> None:
    from detection.listen import to_json

    keeper = None
    if keep:
        from detection.keeping import Keeper
        from sensor.home import find_home

        keeper = stack.enter_context(Keeper(find_home().make(), listener))
    for event in _events(listener, blocks):
        if keeper is not None:
            keeper.take(event)
        if as_json:
            click.echo(to_json(event))
        else:
            for line in _in_words(event):
                click.echo(line)


def _events(listener: "Listener", blocks: "Iterator[Block]") -> "Iterator[Event]":
    for block in blocks:
        yield from listener.feed(block)
    yield from listener.finish()


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    from datetime import UTC

    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"--start {text!r} is not an ISO 8601 time such as 2026-03-04T09:00:00Z") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _in_words(event: "Event") -> list[str]:
    from detection.listen import Heard
    from detection.watch import Load
    from detection.wording import cell_in_words, hit_in_words, odds_in_words, place_in_words

    if isinstance(event, Heard):
        one = event.assignment
        where = cell_in_words(one.identity, one.arfcn, one.bsic)
        channel = one.channel_type or "channel"
        return [f"{event.t_s:8.1f} s  {one.establishment:16}  TA {one.timing_advance:2}  {channel:8}  {where}"]
    if isinstance(event, Load):
        counts = ", ".join(f"{count} {name}" for name, count in sorted(event.counts.items()) if count)
        return [f"{event.to_s:8.1f} s  in a minute: {counts or 'nothing'}"]
    if event.event == "hit":
        return hit_in_words(event.hit)
    hit = event.hit
    return [f"{hit.to_s:8.1f} s  {place_in_words(hit)}: {odds_in_words(hit.log10_odds)}; {hit.reasons[0]}"]


def _summarise(listener: "Listener", bad: Counter[str]) -> None:
    """What was heard, on standard error."""
    from detection.wording import NOT_PROOF, cell_in_words, odds_in_words, place_in_words

    for cell in listener.cells.values():
        watch = cell.watch
        name = cell_in_words(watch.identity, watch.arfcn, watch.bsic)
        doubts = "" if cell.neci is not None else "; NECI never heard: calls can't be told from SMS"
        if cell.clock.out_of_order:
            doubts += f"; {cell.clock.out_of_order} frames out of order"
        click.echo(f"{name}: {cell.blocks} blocks, {watch.assignments} assignments{doubts}", err=True)
    if bad:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(bad.items()))
        click.echo(f"lines that are no frame: {reasons}", err=True)
    hits = listener.hits.values()
    click.echo(f"{len(hits)} hit{'s' if len(hits) != 1 else ''} in {listener.latest_s:.0f} s.", err=True)
    for hit in hits:
        click.echo(f"    {place_in_words(hit)}: {odds_in_words(hit.log10_odds)}", err=True)
    if hits:
        click.echo(NOT_PROOF, err=True)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A line of JSON a signature.")
def signatures(as_json: bool) -> None:
    """Lists the signatures: what each looks for, its prior and threshold, and what innocent thing looks the same."""
    import json

    from detection.signatures.registry import SIGNATURES

    for signature in SIGNATURES:
        if as_json:
            click.echo(json.dumps(signature_json(signature)))
        else:
            click.echo("\n".join(_signature_in_words(signature)))


def signature_json(signature: "Signature") -> dict[str, object]:
    """A signature's record without its judge and examples."""
    return {
        "name": signature.name,
        "version": signature.version,
        "log10_prior": signature.log10_prior,
        "log10_threshold": signature.log10_threshold,
        "needs": signature.needs,
        "looks_for": signature.looks_for,
        "look_alikes": signature.look_alikes,
        "limits": signature.limits,
    }


def _signature_in_words(signature: "Signature") -> list[str]:
    from detection.wording import odds_in_words

    return [
        f"{signature.name}, version {signature.version}: {signature.looks_for}.",
        f"    before anything is heard, a place has odds of {odds_in_words(signature.log10_prior)}"
        f" (log10 {signature.log10_prior:g});",
        f"    an alarm needs {odds_in_words(signature.log10_threshold)} (log10 {signature.log10_threshold:g}).",
        f"    needs: {'; '.join(signature.needs)}",
        f"    innocent things look the same: {'; '.join(signature.look_alikes)}",
        f"    can't see: {'; '.join(signature.limits)}",
    ]


COMMANDS: list[click.Command] = [listen, signatures]

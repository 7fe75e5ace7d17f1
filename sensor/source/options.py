"""What every command that takes a SOURCE or a CAPTURE shares: --rate, --freq, --format, and the type HZ."""

import math
from collections.abc import Callable
from typing import Any, TypeVar

import click

from sensor.source import FORMATS


class Hertz(click.ParamType):  # type: ignore[type-arg]  # generic only from click 8.4 on
    """Any decimal number above zero: 2400000, 2.4e6."""

    name = "HZ"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            hz = float(value)
        except ValueError:
            hz = math.nan
        if not (math.isfinite(hz) and hz > 0):
            self.fail(f"{value!r} is not a number of Hz above zero, such as 2400000 or 2.4e6", param, ctx)
        return hz


HZ = Hertz()


Command = TypeVar("Command", bound=Callable[..., Any])


def capture_options(command: Command) -> Command:
    """Adds --rate, --freq and --format as rate_hz, freq_hz and sample_format: the names `open_source` takes."""
    command = click.option("--format", "sample_format", type=click.Choice(FORMATS), help="Of a raw capture.")(command)
    command = click.option("--freq", "freq_hz", type=HZ, help="Centre frequency of a raw or live source.")(command)
    return click.option("--rate", "rate_hz", type=HZ, help="Samples a second of a raw or live source.")(command)

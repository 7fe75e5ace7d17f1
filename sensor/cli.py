"""Commands of this room. Heavy imports stand inside the commands, so that `catpool --help` is quick."""

import click

from sensor.decode_cli import decode, survey

COMMANDS: list[click.Command] = [decode, survey]

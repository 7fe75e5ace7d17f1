"""Commands of this room. Heavy imports stand inside the commands, so that `catpool --help` is quick."""

import click

COMMANDS: list[click.Command] = []

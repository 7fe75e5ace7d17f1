"""Commands of this room. Heavy imports stand inside the commands, so that `catpool --help` is quick."""

import click

from detection import leads_cli, listen_cli, service_cli
from detection.cdr_cli import cdr
from detection.locate_cli import locate

COMMANDS: list[click.Command] = [*listen_cli.COMMANDS, *leads_cli.COMMANDS, *service_cli.COMMANDS, locate, cdr]

"""Commands of this room. Heavy imports stand inside the commands, so that `catpool --help` is quick."""

import click

from sensor.decode_cli import decode, survey
from sensor.service_cli import sensor

COMMANDS: list[click.Command] = [decode, survey, sensor]

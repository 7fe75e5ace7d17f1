"""Commands of this room. Heavy imports stand inside the commands, so that `catpool --help` is quick."""

import click

from web.demo_cli import demo
from web.doctor_cli import doctor, settings
from web.serve_cli import serve
from web.user_cli import user

COMMANDS: list[click.Command] = [user, serve, demo, doctor, settings]

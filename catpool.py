"""The front door: `catpool COMMAND`. Gathers the commands of the three rooms, nothing else."""

import errno
import os
import sqlite3
import sys
from importlib.metadata import version

import click

import detection.cli
import sensor.cli
import web.cli
from sensor.errors import CallerError


class Door(click.Group):
    """The commands of all rooms; who reads the output may leave early, as `head` does."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # click would make it status 1
            drop_output()
            return 0


def drop_output() -> None:
    """Sends what is still to be written to nowhere, so that the interpreter does not stumble over it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(cls=Door, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("catpool"), prog_name="catpool")
def catpool() -> None:
    """Finds SIM boxes by radio. Passive: it never transmits. A hit is a lead, never proof."""


for room in (sensor.cli, detection.cli, web.cli):
    for command in room.COMMANDS:
        catpool.add_command(command)


def main() -> None:
    """Runs a command. Status 0: done; 2: what the caller can mend, said in one line; 1: anything else."""
    try:
        status = catpool.main(prog_name="catpool", standalone_mode=False)
    except click.exceptions.Exit as leave:
        sys.exit(leave.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except click.ClickException as wrong_use:
        context = getattr(wrong_use, "ctx", None)
        where = f" (see `{context.command_path} --help`)" if context else ""
        refuse(wrong_use.format_message() + where)
    except CallerError as error:
        refuse(str(error))
    except PermissionError as error:
        refuse(f"{error.filename or 'output'}: no right to it; mend its rights, or set CATPOOL_HOME to a home of yours")
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        drop_output()
        refuse(f"{error.filename or 'output'}: the disk is full; free some room, and run it again")
    except sqlite3.OperationalError as error:
        refuse(f"database: {error}; check the room on the disk, and the rights on CATPOOL_HOME")
    sys.exit(status if isinstance(status, int) else 0)


def refuse(line: str) -> None:
    """Says in one line what to mend, and leaves with status 2."""
    click.echo("catpool: " + " ".join(line.split()), err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()

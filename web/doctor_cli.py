"""`catpool doctor` and `catpool settings`: what is wrong with this kit, and what is in force on it."""

import json

import click

MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def doctor(as_json: bool) -> int:
    """Checks this kit: home, databases, dongle, modem, GPS, clock, map. Each fault comes with its mend.

    Exit status 2 when something must be mended before the kit can work.
    """
    from dataclasses import asdict

    import detection.checks
    import sensor.checks
    import web.checks
    from sensor.home import find_home

    home = find_home()
    found = [check for room in (sensor.checks, detection.checks, web.checks) for check in room.checks(home)]
    for check in found:
        if as_json:
            click.echo(json.dumps(asdict(check), ensure_ascii=False))
        else:
            click.echo(f"{MARKS[check.state]}  {check.name}: {check.says}")
            if check.mend and check.state != "ok":
                click.echo(f"      -> {check.mend}")
    failed = sum(check.state == "fail" for check in found)
    click.echo(f"{len(found)} checks, {failed} to mend", err=True)
    return 2 if failed else 0


@click.command()
def settings() -> None:
    """Prints the settings in force, as TOML with what each key does."""
    from sensor.home import find_home
    from sensor.settings import in_force
    from web.settings import SECTIONS

    home = find_home()
    click.echo(f"# {home.settings}" + ("" if home.settings.exists() else " (not there: defaults)"))
    for room, kind in SECTIONS.items():
        click.echo(f"\n[{room}]")
        for key, value, says in in_force(home.settings, room, kind):
            click.echo(f"{key} = {value}  # {says}")

"""`catpool detection`: the service that catpool-detection.service runs."""

import time

import click


@click.command()
@click.option("--once", is_flag=True, help="Judge what the journal holds, and end.")
def detection(once: bool) -> None:
    """Judges what the sensor hears, raises hits and joins leads, as the journal grows.

    Runs until it is ended. A cell is learned first (learning_hours in [detection]); alarms wait for that.
    """
    from detection.service import DetectionService
    from detection.settings import DetectionSettings
    from sensor.home import find_home
    from sensor.service_cli import end_on_signals, log_plainly
    from sensor.settings import load_section
    from sensor.single import only_one

    log_plainly()
    home = find_home().make()
    settings = load_section(home.settings, "detection", DetectionSettings)
    with only_one(home, "detection"):
        service = DetectionService(home, settings, monotonic_s=time.monotonic)
        end_on_signals(service.ending)
        judged = service.run(once)
    click.echo(f"catpool detection: ended, {judged} assignments judged; {service.status()}", err=True)


COMMANDS: list[click.Command] = [detection]

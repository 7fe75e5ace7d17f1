"""`catpool serve`: the map and the pages, for browsers."""

import click

from sensor.home import find_home


@click.command()
@click.option("--host", help="Address to serve on; 0.0.0.0 is all of this machine [settings: web.host, 127.0.0.1].")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to serve on [settings: web.port, 8440].")
def serve(host: str | None, port: int | None) -> None:
    """Serves the map, the leads and the API until stopped."""
    from web.serve import serve as run
    from web.store import AccountStore

    home = find_home()

    def say(url: str) -> None:
        click.echo(f"catpool: the map is at {url} (Ctrl-C stops it). A hit is a lead, never proof.", err=True)
        with AccountStore.open(home.store) as store:
            if not store.accounts():
                click.echo("catpool: no account yet; `catpool user add NAME --role field` makes one", err=True)

    run(home, host, port, on_ready=say)

"""`catpool user`: accounts are made and mended on the command line of the kit, nowhere else."""

import sys
from datetime import UTC, datetime

import click

from sensor.home import find_home

ROLES = ("field", "supervisor", "carrier", "auditor")


@click.group()
def user() -> None:
    """Accounts of the web pages: add, list, disable, enable, password."""


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the account may see and do.")
@click.option("--owner", help="Of a carrier account: the carrier whose leads it sees (default: NAME).")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, one line.")
def add(name: str, role: str, owner: str | None, password_stdin: bool) -> None:
    """Makes an account."""
    from web.accounts import add_account, refuse_bad_name
    from web.store import AccountStore

    refuse_bad_name(name)
    with AccountStore.open(find_home().make().store) as store:
        if store.find_account(name) is None:
            account = add_account(store, name, role, _ask(password_stdin), datetime.now(UTC), owner)
        else:
            account = store.add_account(name, role, "", "", datetime.now(UTC))  # raises: the name is taken
        store.audit("command line", "-", "account added", f"{account.name} {account.role}", datetime.now(UTC))
    click.echo(f"account {account.name} ({account.role}) added", err=True)


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def listing(as_json: bool) -> None:
    """Lists the accounts."""
    import json

    from web.store import AccountStore

    with AccountStore.open(find_home().make().store) as store:
        accounts = store.accounts()
    for account in accounts:
        state = "disabled" if account.disabled else "open"
        if as_json:
            click.echo(json.dumps({"name": account.name, "role": account.role, "owner": account.owner, "state": state}))
        else:
            click.echo(f"{account.name:<24} {account.role:<11} {state:<9} {account.owner}".rstrip())
    if not accounts:
        click.echo("no accounts yet; `catpool user add NAME --role field` makes one", err=True)


@user.command()
@click.argument("name")
def disable(name: str) -> None:
    """Shuts an account out, and ends its sessions at once."""
    _switch(name, True)


@user.command()
@click.argument("name")
def enable(name: str) -> None:
    """Lets a disabled account in again."""
    _switch(name, False)


@user.command()
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, one line.")
def password(name: str, password_stdin: bool) -> None:
    """Sets a new password, ends the account's sessions and lifts its lockout."""
    from web.accounts import set_password
    from web.store import AccountStore

    with AccountStore.open(find_home().make().store) as store:
        account = store.account(name)
        set_password(store, account, _ask(password_stdin))
        store.audit("command line", "-", "password changed", account.name, datetime.now(UTC))
    click.echo(f"account {account.name}: password changed", err=True)


def _switch(name: str, disabled: bool) -> None:
    from web.store import AccountStore

    with AccountStore.open(find_home().make().store) as store:
        store.set_disabled(name, disabled)
        act = "disabled" if disabled else "enabled"
        store.audit("command line", "-", f"account {act}", name, datetime.now(UTC))
    click.echo(f"account {name} {act}", err=True)


def _ask(password_stdin: bool) -> str:
    """The password: typed twice on a terminal, else the first line of standard input."""
    from web.errors import AccountError

    if password_stdin or not sys.stdin.isatty():
        line = sys.stdin.readline().rstrip("\r\n")
        if not line:
            raise AccountError("password: standard input is empty; give it on one line, or use a terminal")
        return line
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return typed

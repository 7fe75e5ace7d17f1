"""Accounts on the command line and in the database: passwords, lockout, sessions, audit."""

import os
import pty
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from webhouse import NOON, PASSWORD, empty_home

from catpool import catpool
from detection.store import Store
from sensor.errors import CallerError
from web.accounts import LOCKOUT, add_account, locked_until, log_in, refuse_weak
from web.errors import AccountError, AccountStoreError
from web.store import AccountStore, AuditLine


@pytest.fixture
def accounts(tmp_path: Path) -> AccountStore:
    """An open store with the accounts of webhouse."""
    return AccountStore.open(empty_home(tmp_path).store)


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short 1", "too short"),
        ("aaaaabbbbbaaaaa", "too even"),
        ("password1234", "everybody tries"),
        ("Fay and the sea", "account's name"),
        ("x" * 1025, "too long"),
    ],
)
def test_a_weak_password_is_refused_with_the_mend(password: str, says: str) -> None:
    with pytest.raises(AccountError, match=says):
        refuse_weak("fay", password)


@pytest.mark.parametrize("password", [PASSWORD, "正确的马电池订书钉在山上", "password of the third gate"])
def test_a_few_words_will_do(password: str) -> None:
    refuse_weak("fay", password)


def test_a_made_account_logs_in_and_names_are_one_in_either_case(accounts: AccountStore) -> None:
    made = add_account(accounts, "Wen", "field", "three cats in a pool", NOON)
    assert made.password_hash.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert log_in(accounts, "wen", "three cats in a pool", "10.0.0.2", NOON).account == made
    with pytest.raises(AccountError, match="there is one of that name"):
        add_account(accounts, "WEN", "field", "three cats in a pool", NOON)


@pytest.mark.parametrize("name", ["", "a b", "x/y", "x" * 65, "<b>", "new\nline"])
def test_a_bad_name_is_refused(accounts: AccountStore, name: str) -> None:
    with pytest.raises(AccountError, match="letters, digits"):
        add_account(accounts, name, "field", PASSWORD, NOON)


def test_five_wrong_tries_lock_a_name_from_an_address_for_a_quarter_hour(accounts: AccountStore) -> None:
    for second in range(5):
        assert log_in(accounts, "fay", "wrong", "10.0.0.2", NOON + timedelta(seconds=second)).account is None
    refused = log_in(accounts, "FAY", PASSWORD, "10.0.0.2", NOON + timedelta(seconds=9))
    assert (refused.account, refused.locked_until) == (None, NOON + LOCKOUT)
    elsewhere = log_in(accounts, "fay", PASSWORD, "10.0.0.3", NOON + timedelta(seconds=9))
    assert elsewhere.account is not None  # a stranger can't shut her out
    assert log_in(accounts, "fay", PASSWORD, "10.0.0.2", NOON + LOCKOUT).account is not None


def test_a_name_that_nobody_has_locks_alike(accounts: AccountStore) -> None:
    for _ in range(5):
        log_in(accounts, "nobody", "wrong", "10.0.0.2", NOON)
    assert locked_until(accounts, "nobody", "10.0.0.2", NOON) == NOON + LOCKOUT


def test_a_clock_that_was_ahead_locks_nobody_out_for_years(accounts: AccountStore) -> None:
    for _ in range(5):
        log_in(accounts, "fay", "wrong", "10.0.0.2", NOON + timedelta(days=2_000))
    assert log_in(accounts, "fay", PASSWORD, "10.0.0.2", NOON).account is not None


def test_an_address_that_tries_many_names_is_locked_for_all(accounts: AccountStore) -> None:
    for number in range(20):
        accounts.note_failure(f"name{number}", "10.0.0.9", NOON, LOCKOUT)
    assert log_in(accounts, "fay", PASSWORD, "10.0.0.9", NOON).account is None


def test_a_lockout_survives_a_restart(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    with AccountStore.open(home.store) as first:
        for _ in range(5):
            log_in(first, "fay", "wrong", "10.0.0.2", NOON)
    with AccountStore.open(home.store) as second:
        assert log_in(second, "fay", PASSWORD, "10.0.0.2", NOON).locked_until == NOON + LOCKOUT


def test_the_right_password_forgets_the_failures_before_it(accounts: AccountStore) -> None:
    for _ in range(4):
        log_in(accounts, "fay", "wrong", "10.0.0.2", NOON)
    assert log_in(accounts, "fay", PASSWORD, "10.0.0.2", NOON).account is not None
    assert accounts.failures(NOON - LOCKOUT, NOON, name="fay") == []


def test_a_session_ends_with_its_time_its_account_or_its_password(accounts: AccountStore) -> None:
    fay = accounts.account("fay")
    for token in ("one", "two"):
        accounts.start_session(fay, token, NOON, 12)
    assert accounts.session_account("one", NOON + timedelta(hours=11)) == fay
    assert accounts.session_account("one", NOON + timedelta(hours=12)) is None
    accounts.end_session("one")
    assert accounts.session_account("one", NOON) is None
    accounts.set_disabled("fay", True)
    accounts.set_disabled("fay", False)
    assert accounts.session_account("two", NOON) is None
    accounts.start_session(fay, "three", NOON, 12)
    accounts.set_password("fay", "another hash")
    assert accounts.session_account("three", NOON) is None


def test_tokens_are_stored_as_hashes_only(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    with AccountStore.open(home.store) as store:
        store.start_session(store.account("fay"), "a-secret-token", NOON, 12)
    assert b"a-secret-token" not in b"".join(path.read_bytes() for path in home.root.glob("catpool.sqlite*"))


def test_the_audit_is_a_chain_that_shows_a_change_by_hand(accounts: AccountStore) -> None:
    for act in ("login", "looked at lead", "logout"):
        accounts.audit("fay", "10.0.0.2", act, "L-1", NOON)
    newest = accounts.audit_lines()[0]
    assert newest == AuditLine(3, NOON, "fay", "10.0.0.2", "logout", "L-1", newest.chain)
    assert [line.id for line in accounts.audit_lines(2, before_id=3)] == [2, 1]
    assert accounts.broken_audit_line() is None
    with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
        accounts.connection.execute("DELETE FROM web_audit")
    accounts.connection.execute("DROP TRIGGER web_audit_update")
    accounts.connection.execute("UPDATE web_audit SET account = 'sue' WHERE id = 2")
    assert accounts.broken_audit_line() == 2


def test_a_newer_database_and_none_are_one_line(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    with sqlite3.connect(home.store) as connection:
        connection.execute("INSERT INTO _sqlite_migrations VALUES (NULL, 'catpool web', '99 later', '2027-01-01')")
    connection.close()
    with pytest.raises(AccountStoreError, match=r"newer version \(it knows '99 later'\)"):
        AccountStore.open(home.store)
    (tmp_path / "junk.sqlite").write_text("no database at all, but long enough to look like one" * 40)
    with pytest.raises(CallerError, match="not a database"):
        AccountStore.open(tmp_path / "junk.sqlite")


def test_detection_opens_the_same_file_before_and_after(tmp_path: Path) -> None:
    path = tmp_path / "catpool.sqlite"
    Store.open(path).close()
    AccountStore.open(path).close()
    Store.open(path).close()
    AccountStore.open(path).close()


def run(home: Path, *arguments: str, typed: str = "") -> tuple[int, str, str]:
    """Exit status, standard output and standard error (or the error raised) of a command over a home."""
    result = CliRunner().invoke(catpool, ["user", *arguments], input=typed, env={"CATPOOL_HOME": str(home)})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return 2, result.stdout, str(result.exception)
    return result.exit_code, result.stdout, result.stderr


def test_users_are_added_listed_disabled_and_given_passwords(tmp_path: Path) -> None:
    assert run(tmp_path, "add", "wen", "--role", "field", "--password-stdin", typed=PASSWORD + "\n") == (
        0,
        "",
        "account wen (field) added\n",
    )
    added = run(tmp_path, "add", "cmcc", "--role", "carrier", "--owner", "China Mobile", typed=PASSWORD + "\n")
    assert added == (0, "", "account cmcc (carrier) added\n")
    assert run(tmp_path, "disable", "wen") == (0, "", "account wen disabled\n")
    rows = '{"name": "cmcc", "role": "carrier", "owner": "China Mobile", "state": "open"}\n'
    rows += '{"name": "wen", "role": "field", "owner": "", "state": "disabled"}\n'
    assert run(tmp_path, "list", "--json") == (0, rows, "")
    assert run(tmp_path, "enable", "wen")[0] == 0
    assert run(tmp_path, "password", "wen", typed="the hedge has a gate\n")[0] == 0
    with AccountStore.open(tmp_path / "catpool.sqlite") as store:
        assert log_in(store, "wen", "the hedge has a gate", "-", NOON).account == store.account("wen")
        acts = [(line.account, line.act, line.subject) for line in store.audit_lines()]
    assert acts == [
        ("command line", "password changed", "wen"),
        ("command line", "account enabled", "wen"),
        ("command line", "account disabled", "wen"),
        ("command line", "account added", "cmcc carrier"),
        ("command line", "account added", "wen field"),
    ]


def test_on_a_terminal_the_password_is_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "catpool", "user", "add", "wen", "--role", "field"]
    main, terminal = pty.openpty()
    environment = {**os.environ, "CATPOOL_HOME": str(tmp_path)}
    process = subprocess.Popen(
        command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment, start_new_session=True
    )
    os.close(terminal)
    shown = b""
    for question in (b"Password: ", b"Repeat for confirmation: "):
        while not shown.endswith(question):
            shown += os.read(main, 1000)
        os.write(main, PASSWORD.encode() + b"\n")
    while b"added" not in shown:
        shown += os.read(main, 1000)
    assert process.wait(30) == 0
    os.close(main)
    assert PASSWORD.encode() not in shown


@pytest.mark.parametrize(
    ("arguments", "typed", "says"),
    [
        (("add", "wen", "--role", "field"), "short\n", "too short"),
        (("add", "wen", "--role", "field"), "", "standard input is empty"),
        (("add", "a b", "--role", "field"), PASSWORD, "letters, digits"),
        (("add", "wen", "--role", "king"), PASSWORD, "'king' is not one of"),
        (("disable", "wen"), "", "none of that name"),
        (("password", "wen"), PASSWORD, "none of that name"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(tmp_path: Path, arguments: tuple[str, ...], typed: str, says: str) -> None:
    status, out, line = run(tmp_path, *arguments, typed=typed)
    assert (status, out) == (2, "")
    assert says in line

"""Accounts: roles, password rules and hashing, and the lockout after failed logins.

A lockout is counted in the database, by name and address together, by address and by name: a restart forgets
nothing, and a stranger on the hotspot cannot easily shut an officer out. A name that does not exist costs the same
time and the same tries as one that does.
"""

import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from web.errors import AccountError
from web.store import Account, AccountStore

ROLES = ("field", "supervisor", "carrier", "auditor")
SHORTEST_PASSWORD = 10
FEWEST_CHARACTERS = 5  # different ones
WELL_KNOWN = ("password", "passw0rd", "12345", "qwerty", "letmein", "catpool", "abc123", "iloveyou", "admin")
LOCKOUT = timedelta(minutes=15)
TRIES_BY_NAME_AND_ADDRESS = 5
TRIES_BY_ADDRESS = 20
TRIES_BY_NAME = 30

_hasher = PasswordHasher(memory_cost=47_104, time_cost=1, parallelism=1)  # OWASP's first choice for Argon2id
_hashing = threading.BoundedSemaphore(2)  # a flood of logins takes 92 MiB at most


@dataclass(frozen=True, slots=True)
class LoginResult:
    """An account, or none and the time the lockout ends if there is one."""

    account: Account | None
    locked_until: datetime | None = None


def add_account(
    store: AccountStore, name: str, role: str, password: str, now: datetime, owner: str | None = None
) -> Account:
    """Makes an account; a carrier account sees the leads of `owner` (default: its own name).

    Raises AccountError for a name or role or password that will not do, or a name that is taken.
    """
    if role not in ROLES:
        raise AccountError(f"role {role!r}: there are {', '.join(ROLES)}")
    refuse_bad_name(name)
    refuse_weak(name, password)
    owner = (owner if owner is not None else name) if role == "carrier" else ""
    return store.add_account(name, role, owner, hash_password(password), now)


def set_password(store: AccountStore, account: Account, password: str) -> None:
    """Changes a password, ends the account's sessions and lifts its lockout. Raises AccountError for a weak one."""
    refuse_weak(account.name, password)
    store.set_password(account.name, hash_password(password))
    store.clear_failures(_folded(account.name))


def refuse_bad_name(name: str) -> None:
    """Raises AccountError for a name with signs that pages, logs or file names could trip over."""
    if not name or len(name) > 64 or not all(sign.isalnum() or sign in "._-@" for sign in name):
        raise AccountError(f"account name {name!r}: letters, digits and . _ - @ only, 64 at most")


def refuse_weak(name: str, password: str) -> None:
    """Raises AccountError for a password that is too short, too even, well known or holds the name."""
    folded = password.casefold()
    if len(password) < SHORTEST_PASSWORD:
        raise AccountError(f"password: too short; {SHORTEST_PASSWORD} characters at least, a few words will do")
    if len(password) > 1024:
        raise AccountError("password: too long; 1024 characters at most")
    if len(set(password)) < FEWEST_CHARACTERS:
        raise AccountError(f"password: too even; {FEWEST_CHARACTERS} different characters at least")
    if len(name) > 2 and name.casefold() in folded:
        raise AccountError("password: holds the account's name; choose another")
    known = next((word for word in WELL_KNOWN if folded.startswith(word) and len(password) < len(word) + 6), None)
    if known:
        raise AccountError(f"password: starts like one that everybody tries ({known}); choose another")


def hash_password(password: str) -> str:
    """Argon2id hash with its parameters and salt."""
    with _hashing:
        return _hasher.hash(password)


def check_password(password_hash: str, password: str) -> bool:
    """Whether the password is the hash's; False for a hash that cannot be read."""
    with _hashing:
        try:
            return bool(_hasher.verify(password_hash, password))
        except (VerificationError, InvalidHashError):
            return False


@cache
def _hash_of_nobody() -> str:
    return hash_password(secrets.token_urlsafe(16))


def log_in(store: AccountStore, name: str, password: str, address: str, now: datetime) -> LoginResult:
    """Checks a name and a password, counts a failure, and refuses while a lockout lasts."""
    until = locked_until(store, name, address, now)
    if until:
        return LoginResult(None, until)
    account = store.find_account(name)
    right = check_password(account.password_hash if account else _hash_of_nobody(), password[:1024])
    if account and right and not account.disabled:
        store.clear_failures(_folded(name), address)
        return LoginResult(account)
    store.note_failure(_folded(name), address, now, LOCKOUT)
    return LoginResult(None, locked_until(store, name, address, now))


def locked_until(store: AccountStore, name: str, address: str, now: datetime) -> datetime | None:
    """When the lockout of this name from this address ends; None when there is none."""
    since, folded = now - LOCKOUT, _folded(name)
    counted = (
        (store.failures(since, now, folded, address), TRIES_BY_NAME_AND_ADDRESS),
        (store.failures(since, now, address=address), TRIES_BY_ADDRESS),
        (store.failures(since, now, name=folded), TRIES_BY_NAME),
    )
    return max((times[-tries] + LOCKOUT for times, tries in counted if len(times) >= tries), default=None)


def _folded(name: str) -> str:
    return name.casefold()[:64]

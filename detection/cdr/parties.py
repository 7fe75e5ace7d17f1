"""Whose record it is: IMSI, IMEI, own number and the other party's, and the country of the numbers."""

import re
from collections.abc import Sequence

from detection.cdr import relations
from detection.cdr.assignment import PARTIES, Assignment, identity_key
from detection.cdr.contents import Column, follows
from detection.cdr.countries import CHINA, Home, find_home
from detection.cdr.events import kinds_table, name_numbers, numbered_dialect
from detection.cdr.formats import vocabulary
from detection.errors import ExportError


def find_identities(found: Assignment) -> None:
    """IMSI and IMEI by form: an IMSI begins with the country, IMEIs share types and have a check digit."""
    if "imsi" not in found.roles:
        free = [at for at in found.free() if not _is_imei(found.columns[at]) and found.columns[at].imsis > 0.8]
        if free:
            at = max(free, key=lambda n: (round(found.columns[n].plain, 1), found.columns[n].imsis, -n))
            share = found.columns[at].imsis
            found.give("imsi", at, f"{share:.0%} of its values are IMSIs of one or two countries")
    if "imei" not in found.roles:
        free = [at for at in found.free() if found.columns[at].imeis > 0.8 and found.columns[at].times is None]
        free = [at for at in free if found.columns[at].imsis < 0.9 and not found.columns[at].ordered]
        if free:
            at = max(free, key=lambda n: (found.columns[n].luhns, found.columns[n].type_codes, -n))
            column = found.columns[at]
            found.give(
                "imei",
                at,
                f"{column.imeis:.0%} of its values have 14 to 16 digits, "
                f"{column.luhns:.0%} of those of 15 a valid check digit",
            )


def _is_imei(column: Column) -> bool:
    return column.luhns > 0.6


def home_of(found: Assignment) -> Home:
    """The home country: of the IMSIs or cells, else of the column whose numbers fit one best."""
    networks = networks_of(found)
    if networks and (home := find_home(networks, [])).reason != CHINA.reason:
        return home
    parties = [found.of(role) for role in PARTIES if role in found.roles]
    parties += [found.columns[at] for at in found.free() if found.columns[at].subscribers > 0.5]
    homes = [find_home([], column.filled[:500]) for column in parties]
    known = [home for home in homes if home.code]
    return max(known, key=lambda home: home.share) if known else (homes or [CHINA])[0]


def networks_of(found: Assignment) -> list[str]:
    """Texts that begin with a country code: IMSIs, else MCCs and whole cell names."""
    if "imsi" in found.roles:
        return found.of("imsi").filled
    if "mcc" in found.roles:
        return found.of("mcc").filled
    named = [column for column in found.columns if column.global_cells > 0.8 and column.times is None]
    return [value for column in named for value in column.filled if re.match(r"[2-7]\d\d[-_.:/ ]?\d\d", value)]


def find_parties(found: Assignment, name: str) -> None:
    """Whose number stands where. Raises ExportError where no column holds a party."""
    held = set(PARTIES) & set(found.roles)
    key, told = identity_key(found), kinds_table(found)
    outward = relations.outward_of(*told) if told else None
    if not held or held == {"other"}:
        free = party_candidates(found)
        if free:
            if outward is None and key is not None and not found.spoken:
                outward = by_orientation(found, free[:4], key)
            parties = relations.find_parties(found.columns, free[:4], key, outward, found.home)
            for role, at in parties.roles.items():
                if role not in found.roles:
                    found.give(role, at, parties.why[role])
    elif len(held) == 1:
        second_party(found, held.pop(), key, outward)
    if "calling" in found.roles and "called" in found.roles and "served" not in found.roles:
        always_own(found, key, outward)
    if "calling" in found.roles and "called" not in found.roles and "served" not in found.roles:
        found.rename("calling", "served", ", the only one of its kind")
    if "called" in found.roles and "calling" not in found.roles and "other" not in found.roles:
        found.rename("called", "other", "")
    if not {"served", "calling", "called", "imsi"} & set(found.roles):
        raise ExportError(
            f"export {name}: no column holds a number or an IMSI of a party (found: {', '.join(found.names)[:120]})"
        )


def party_candidates(found: Assignment) -> list[int]:
    """Columns that may hold telephone numbers, those of the home country if there are any."""
    free = [at for at in found.free() if found.columns[at].numbers > 0.7 and found.columns[at].subscribers > 0.3]
    free = [at for at in free if found.columns[at].distinct > 1 and not found.columns[at].ordered]
    free = [at for at in free if found.columns[at].times is None or found.columns[at].subscribers > 0.9]
    free = [at for at in free if max(found.columns[at].global_cells, found.columns[at].areas) < 0.8]
    likely = [at for at in free if relations.at_home(found.columns[at], found.home) > 0.3]
    return likely or free


def second_party(found: Assignment, role: str, key: list[str] | None, outward: list[bool | None] | None) -> None:
    """The other party, where the header names one alone."""
    free = party_candidates(found)
    known = relations.in_one_form(found.of(role), found.home)
    if role in ("calling", "called"):
        twin = "called" if role == "calling" else "calling"
        out = outward if outward is not None and any(way is False for way in outward) else [True] * len(known)
        for at in free:
            form = relations.in_one_form(found.columns[at], found.home)
            pair = (known, form) if role == "calling" else (form, known)
            if key is None or follows(key, relations.own_numbers(out, *pair)) > 0.9:
                found.give(twin, at, "holds the other side's numbers")
                return
        owners = [at for at in free if key and follows(key, relations.in_one_form(found.columns[at], found.home)) > 0.9]
        if role == "called" and owners:
            found.give("served", owners[0], "holds one number for each identity")
            return
    others = [
        at for at in free if key is None or follows(key, relations.in_one_form(found.columns[at], found.home)) < 0.9
    ]
    if others and (role == "served" or (key is not None and follows(key, known) > 0.9)):
        if role != "served":
            found.rename(role, "served", ", and it holds one number for each identity")
        found.give("other", others[0], "holds many numbers for each identity")


def by_orientation(found: Assignment, parties: Sequence[int], key: list[str]) -> list[bool | None] | None:
    """The column of numbers that says which of two parties is the SIM's own: with it, each identity has one number."""
    forms = [relations.in_one_form(found.columns[at], found.home) for at in parties]
    if len(forms) < 2 or max(follows(key, form) for form in forms) > 0.9:
        return None
    for at in found.free():
        column = found.columns[at]
        dialect = numbered_dialect(column.codes) if 2 <= len(column.codes) <= 8 else ""
        if not dialect or at in parties:
            continue
        table = vocabulary().numbered[dialect]
        outward = relations.outward_of(column, {code: table.get(int(float(code)), "") for code in column.codes})
        for one, two in ((0, 1), (1, 0)):
            if follows(key, relations.own_numbers(outward, forms[one], forms[two])) > 0.9:
                found.give("record_type", at, "tells which number is the SIM's own")
                name_numbers(found)
                return outward
    return None


def always_own(found: Assignment, key: list[str] | None, outward: list[bool | None] | None) -> None:
    """Some exports put the SIM's own number in "calling" whichever way the call went: its IMSI tells."""
    if key is None or outward is None or not any(out is False for out in outward):
        return
    calling = relations.in_one_form(found.of("calling"), found.home)
    called = relations.in_one_form(found.of("called"), found.home)
    turned = follows(key, relations.own_numbers(outward, calling, called))
    if follows(key, calling) > max(0.95, turned + 0.05):
        found.rename("calling", "served", ", and it holds one number for each identity, whichever way the call went")
        found.rename("called", "other", "")

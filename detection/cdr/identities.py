"""Who an export is about, once it has been read: numbers within the run, and pseudonyms made once an identity.

What features need is kept beside them: a number's class, a device's type (TAC) and check digit, a SIM's home
network. The texts themselves are let go, unless a case allows them to be written in clear.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import ibis
import numpy as np
import pyarrow
from ibis.backends.duckdb import Backend
from numpy.typing import NDArray

from detection.cdr.countries import Home, one_form
from detection.cdr.digits import EMPTY, LENGTH, ODD, PLUS, Ints, code_of, length_of, text_of, value_of
from detection.cdr.door import IMEI_DIGITS, UNKNOWN, Door, Register
from detection.cdr.lexicon import Ids
from detection.cdr.numbers import CLASSES, number_class
from detection.cdr.pseudonyms import Names, keys_of, letters_of

BATCH = 1 << 16
ASKED_AT_ONCE = 1 << 20  # of the engine


@dataclass(slots=True)
class Named:
    """The identities of one kind, by their number: what is written for them, and a key that joins runs."""

    kind: str  # "sim", "num" or "imei"
    letters: NDArray[Any] = field(default_factory=lambda: np.zeros(0, "S1"))
    key: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    clear: list[str] | None = None

    def __len__(self) -> int:
        return len(self.key)

    def of(self, at: int) -> str:
        """As it is to be written: a pseudonym, or in clear where a case allows it; empty for UNKNOWN."""
        if at < 0:
            return ""
        return self.clear[at] if self.clear is not None else f"{self.kind}-{self.letters[at].decode()}"


@dataclass(slots=True)
class Identities:
    """Arrays by sim_id, party id (number_id, other_id) and imei_id; the names of each kind."""

    sims: Named
    parties: Named
    imeis: Named
    party_class: NDArray[np.int8]  # index into numbers.CLASSES
    tac: NDArray[np.int32]  # 8 digits
    imei_check: NDArray[np.int8]  # 1 where its check digit was right, 0 where wrong, UNKNOWN where none was told
    home: NDArray[np.int32]  # MCC * 1000 + MNC (two digits) of an IMSI, UNKNOWN where a SIM has none
    imsi: bool = True  # whether SIMs are told by IMSI; else by number

    def sim(self, at: int) -> str:
        """As an IMSI is to be written; empty where SIMs are known by their numbers."""
        return self.sims.of(at) if self.imsi else ""

    def party(self, at: int) -> str:
        return self.parties.of(at)

    def imei(self, at: int) -> str:
        return self.imeis.of(at)

    def sim_letters(self, at: int) -> str:
        """The letters of a SIM's pseudonym, in clear or not."""
        told: str = self.sims.letters[at].decode()
        return told

    def hidden(self) -> "Identities":
        """The same, all under pseudonyms."""
        sims, parties, imeis = (replace(kind, clear=None) for kind in (self.sims, self.parties, self.imeis))
        return replace(self, sims=sims, parties=parties, imeis=imeis)

    @property
    def sim_key(self) -> Ints:
        """What joins a SIM over the runs of a home."""
        return self.sims.key

    @property
    def party_key(self) -> Ints:
        return self.parties.key

    @property
    def imei_key(self) -> Ints:
        return self.imeis.key


@dataclass(frozen=True, slots=True)
class Maps:
    """From the door's numbers to those of Identities."""

    sim_of_imsi: Ids
    sim_of_party: Ids
    party: Ids
    imei: Ids


def identify(
    door: Door, imsis: Ints, alone: Ints, home: Home, engine: Backend, names: Names
) -> tuple[Identities, Maps]:
    """Settles the identities of an export.

    `imsis` and `alone`: the door's numbers of the IMSIs that have records, and of the numbers that have some without.
    """
    words = Words(door.party.words)
    own = _one_form(door.party.codes(), words, home)
    party_codes = different(own[own != EMPTY])
    party = _at(party_codes, own)
    imsi_codes = door.imsi.codes()
    sim_codes = different(np.concatenate([imsi_codes[imsis], own[alone]]))
    devices, tac, check, imei = _devices(door.imei)
    people = Identities(
        _named("sim", sim_codes, words.texts, names),
        _named("num", party_codes, words.texts, names),
        _named("imei", devices, _imei_texts, names),
        _classes(party_codes, words, home, engine),
        tac,
        check,
        _networks(sim_codes, np.isin(sim_codes, imsi_codes[imsis])),
    )
    sim, number, device = (_sort_by_key(named) for named in (people.sims, people.parties, people.imeis))
    people.home, people.party_class = people.home[sim], people.party_class[number]
    people.tac, people.imei_check = people.tac[device], people.imei_check[device]
    return people, Maps(
        _moved(_at(sim_codes, imsi_codes), sim),
        _moved(_at(sim_codes, own), sim),
        _moved(party, number),
        _moved(imei, device),
    )


def _sort_by_key(named: Named) -> Ints:
    """Puts a kind's identities in the order of their keys, the same in every run of a home; gives that order."""
    order = np.argsort(named.key)
    named.key, named.letters = named.key[order], named.letters[order]
    if named.clear is not None:
        named.clear = [named.clear[at] for at in order.tolist()]
    return order


def _moved(ids: Ids, order: Ints) -> Ids:
    """Ids after their things were put in another order."""
    place = np.empty(len(order) + 1, np.int32)
    place[order], place[-1] = np.arange(len(order)), UNKNOWN
    return place[ids]


def different(values: Ints) -> Ints:
    """Different values in order."""
    ordered = np.sort(values)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


class Words:
    """The texts of codes, also of those that are no digits."""

    def __init__(self, words: dict[str, int]) -> None:
        self.code = dict(words)
        self.text = {code: text for text, code in words.items()}

    def texts(self, codes: Ints) -> list[str]:
        made = np.empty(len(codes), object)
        length = length_of(codes)
        for n in np.unique(length).tolist():
            rows = length == n
            if n <= 0 or n > PLUS:
                made[rows] = [text_of(code) if code > 0 else self.text.get(code, "") for code in codes[rows].tolist()]
            else:
                made[rows] = [f"%0{n}d" % value for value in value_of(codes[rows]).tolist()]
        texts: list[str] = made.tolist()
        return texts

    def code_of(self, text: str) -> int:
        code = code_of(text)
        if code == ODD:
            code = self.code.setdefault(text, ODD - 1 - len(self.code))
            self.text[code] = text
        return code


def _one_form(codes: Ints, words: Words, home: Home) -> Ints:
    """The code of each number in its one form; EMPTY where that is none."""
    length, value = length_of(codes), value_of(codes)
    made = codes.copy()
    if home.code == "86":
        mobile = (length == 11) & _is_mobile(value)
        abroad = (length == 13) & (value // 10**11 == 86) & _is_mobile(value % 10**11)
        made[abroad] = 11 * LENGTH + value[abroad] % 10**11
        short = (codes > 0) & (length <= 8) & ((length == 1) | (value >= 10 ** np.clip(length - 2, 0, None)))
        rest = ~(mobile | abroad | short)
    else:
        rest = np.ones(len(codes), bool)
    rest &= codes != EMPTY
    odd = np.flatnonzero(rest)
    for rows in batches(odd):
        texts = words.texts(codes[rows])
        made[rows] = [EMPTY if not (form := one_form(text, home)) else words.code_of(form) for text in texts]
    return made


def _is_mobile(value: Ints) -> NDArray[np.bool_]:
    """Of numbers of 11 digits: whether they are Chinese mobiles."""
    return (value >= 13 * 10**9) & (value < 2 * 10**10)


def _classes(codes: Ints, words: Words, home: Home, engine: Backend) -> NDArray[np.int8]:
    """Index into CLASSES of each number."""
    made = np.full(len(codes), CLASSES.index("mobile"), np.int8)
    china = home.code == "86"
    rest = ~((length_of(codes) == 11) & _is_mobile(value_of(codes))) if china else np.ones(len(codes), bool)
    for rows in batches(np.flatnonzero(rest), ASKED_AT_ONCE):
        table = ibis.memtable(pyarrow.table({"number": pyarrow.array(words.texts(codes[rows]), pyarrow.string())}))
        kind = number_class(table.number, china)
        which = ibis.cases(*[(kind == name, at) for at, name in enumerate(CLASSES)], else_=0).cast("int8")
        made[rows] = engine.to_pyarrow(table.select(which=which))["which"].to_numpy()
    return made


def _networks(codes: Ints, is_imsi: NDArray[np.bool_]) -> NDArray[np.int32]:
    """MCC * 1000 + MNC of two digits."""
    network = value_of(codes) // 10 ** np.clip(length_of(codes) - 5, 0, None)
    return np.where(is_imsi, network // 100 * 1000 + network % 100, UNKNOWN).astype(np.int32)


def _at(ordered: Ints, values: Ints) -> Ids:
    """The place of each value in an ordered array, UNKNOWN where it isn't there."""
    if not len(ordered):
        return np.full(len(values), UNKNOWN, np.int32)
    at = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    return np.where(ordered[at] == values, at, UNKNOWN).astype(np.int32)


def _devices(register: Register) -> tuple[Ints, NDArray[np.int32], NDArray[np.int8], Ids]:
    """(IMEIs of 14 digits in order, TAC, check digit's result, the place of each of the door's numbers)."""
    code = register.codes()
    length, value = length_of(code), value_of(code)
    whole = value // 10 ** np.clip(length - IMEI_DIGITS, 0, None)
    different, at = np.unique(whole, return_inverse=True)
    check = np.full(len(different), UNKNOWN, np.int8)
    told = length == 15
    right = luhn_digits(whole[told]) == value[told] % 10
    check[at[told][~right]] = 0
    check[at[told][right]] = 1
    return different, (different // 10**6).astype(np.int32), check, at.astype(np.int32)


def luhn_digits(whole: Ints) -> Ints:
    """Check digit of IMEIs of 14 digits (TS 23.003 annex B)."""
    total = np.zeros(len(whole), np.int64)
    for place in range(IMEI_DIGITS):
        digit = whole // 10**place % 10
        doubled = digit * 2 if place % 2 == 0 else digit
        total += np.where(doubled > 9, doubled - 9, doubled)
    return -total % 10


def batches(values: Ints, size: int = BATCH) -> Iterator[Ints]:
    """Values a batch at a time: what Python makes of each is not held for all."""
    return (values[first : first + size] for first in range(0, len(values), size))


def _imei_texts(devices: Ints) -> list[str]:
    return [f"%0{IMEI_DIGITS}d" % value for value in devices.tolist()]


def _named(kind: str, codes: Ints, texts: Callable[[Ints], list[str]], names: Names) -> Named:
    """The names of codes, whose `texts` are held only where a case allows them."""
    letters: list[Future[NDArray[Any]]] = []
    key: list[Ints] = []
    clear: list[str] = []
    with ThreadPoolExecutor(1) as beside:
        for batch in batches(codes):
            told = texts(batch)
            digests = names.digests(kind, told)
            letters.append(beside.submit(letters_of, digests))
            key.append(keys_of(digests))
            if names.clear:
                clear += told
    return Named(
        kind,
        np.concatenate([np.zeros(0, "S14"), *(batch.result() for batch in letters)]),
        np.concatenate([np.zeros(0, np.int64), *key]),
        clear if names.clear else None,
    )

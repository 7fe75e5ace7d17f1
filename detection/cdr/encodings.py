"""In which encoding an export is written: by its byte-order mark, its zero octets, UTF-8 if it decodes, its script."""

import codecs
import re
from dataclasses import dataclass

from detection.cdr.formats import vocabulary
from detection.cdr.words import header_keys

BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
LOOKED_AT = 1 << 16


@dataclass(frozen=True, slots=True)
class Legacy:
    """An encoding of octets, the characters that it is for, and what they are called."""

    codec: str
    script: re.Pattern[str]
    name: str
    prior: float = 0.0  # what is taken off where nothing else tells them apart


# in none of them an octet of a character is a comma, a semicolon, a tab, a quote or a line end
LEGACY = (
    Legacy("gb18030", re.compile("[\u4e00-\u9fff，；：（）、。／％]"), "Chinese"),
    Legacy("big5", re.compile("[\u4e00-\u9fff，；：（）、。]"), "Chinese", 0.02),
    Legacy("cp1251", re.compile("[А-яЁёІіЇїЄєҐґ№]"), "Cyrillic", 0.05),
    Legacy("koi8_r", re.compile("[А-яЁё]"), "Cyrillic", 0.15),
    Legacy("cp866", re.compile("[А-яЁё№]"), "Cyrillic", 0.15),
    Legacy("cp1256", re.compile("[\u0621-\u064a\u06a9\u06af\u067e]"), "Arabic", 0.1),
    Legacy("cp1252", re.compile("[àâäçéèêëîïôöùûüñáíóúãõßÀÉÈÊÇÑÁÍÓÚÖÜÄ°º¿ªœ]"), "Western European", 0.1),
    Legacy("cp1254", re.compile("[çğıöşüÇĞİÖŞÜ]"), "Turkish", 0.15),
)


def guess_encoding(head: bytes) -> tuple[str, str]:
    """(codec, reason) of a file's first bytes."""
    for mark, codec in BOMS:
        if head.startswith(mark):
            return codec, "its byte-order mark says so"
    if codec := utf16_order(head):
        return codec, "every second octet is zero or high"
    if head.isascii():
        return "utf-8", "its beginning is plain ASCII"
    part = head[:LOOKED_AT]
    high = sum(octet > 127 for octet in part) or 1
    damaged = codecs.getincrementaldecoder("utf-8")("replace").decode(part).count("\ufffd")
    if damaged <= high * 0.02 or not re.search(rb"[A-Za-z\x80-\xff][\x80-\xff]|[\x80-\xff][A-Za-z]", part):
        return "utf-8", "its octets above 127 form UTF-8"
    best = min(LEGACY, key=lambda legacy: foreignness(part, legacy))
    return best.codec, f"not UTF-8, and read as {best.codec.upper()} it is {best.name}"


def utf16_order(head: bytes) -> str:
    """The codec of UTF-16 without a byte-order mark, told by which order gives plain letters; empty if it is none."""
    part = head[: 4000 - len(head[:4000]) % 2]
    if part.count(0) < 0.04 * len(part) or not part:
        return ""
    shares = {}
    for codec in ("utf-16-le", "utf-16-be"):
        text = part.decode(codec, "replace")
        plain = sum(" " <= char <= "~" or char in "\r\n\t" for char in text)
        shares[codec] = (plain - 5 * text.count("\ufffd")) / len(text)
    best, other = sorted(shares, key=lambda codec: -shares[codec])
    return best if shares[best] > 0.1 and shares[best] > 5 * max(0.0, shares[other]) else ""


def foreignness(head: bytes, legacy: Legacy) -> float:
    """How unlike an export the text is when read by this codec: unknown header words, characters of other scripts."""
    text = head.decode(legacy.codec, "replace")
    high = [char for char in text if ord(char) > 127]
    rare = sum(not legacy.script.match(char) for char in high) / max(1, len(high))
    words = [word for line in text.splitlines()[:20] for word in re.split(r"[,;|\t]", line) if not word.isascii()]
    known = sum(any(len(key) > 1 and key in vocabulary().columns for key in header_keys(word)) for word in words)
    keys = {header_keys(word)[0] for word in words}
    kinds = sum(len(key) > 1 and key in vocabulary().record_types for key in keys)
    capitals = len(re.findall(r"[^\W\d_A-Z](?=[А-ЯЁÀ-ÞĞŞİ])", text)) / max(1, len(high))
    return rare + legacy.prior + capitals - known - kinds + text.count("\ufffd") / max(1, len(high))

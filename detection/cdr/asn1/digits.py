"""Numbers and times in octets.

TBCD (TS 29.002 §17.7.8): the low half of an octet first, 0xF fills; IMSI and IMEI of TS 32.298. BCD of TAP (TD.57):
the high half first. An address (TS 24.008 §10.5.4.7) has before its digits an octet of type and plan of number, and
a second one where the first has its high bit clear. An SMS address (TS 23.040 §9.1.2.5) may have the count of its
digits before that. TimeStamp (TS 32.298 §5.1.2.2.84): YYMMDDhhmmss as BCD, "+" or "-", hhmm east of UTC.
"""

SWAPPED = bytes((octet & 0x0F) << 4 | octet >> 4 for octet in range(256))
SIGNS = str.maketrans("abcde", "*#abc")  # TS 29.002: 1010 "*", 1011 "#", 1100 "a", and so on
INTERNATIONAL, NATIONAL, ALPHANUMERIC = 1, 2, 5  # type of number, TS 24.008 table 10.5.118 and TS 23.040 §9.1.2.5
GSM_7BIT = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)  # TS 23.038 §6.2.1


def tbcd(octets: bytes) -> str:
    """Digits of a TBCD string, low half first."""
    text = octets.translate(SWAPPED).hex().rstrip("f")
    return text if text.isdigit() else text.translate(SIGNS)


def bcd(octets: bytes) -> str:
    """Digits of a BCD string, high half first."""
    return octets.hex().rstrip("f")


def address(octets: bytes) -> str:
    """A telephone number with "+" if it is international, with 0 if it is national; empty where there is none."""
    if not octets:
        return ""
    start = 1 if octets[0] & 0x80 else 2
    kind, digits = octets[0] >> 4 & 7, tbcd(octets[start:])
    if not digits:
        return ""
    return {INTERNATIONAL: "+", NATIONAL: "0"}.get(kind, "") + digits


def sms_address(octets: bytes) -> str:
    """The number, or the name, at the other end of a short message."""
    if len(octets) > 2 and octets[1] & 0x80 and len(octets) == 2 + (octets[0] + 1) // 2:
        if octets[1] >> 4 & 7 == ALPHANUMERIC:
            return gsm_text(octets[2:], octets[0] * 4 // 7)
        octets = octets[1:]
    elif octets and octets[0] >> 4 & 7 == ALPHANUMERIC and octets[0] & 0x80:
        return gsm_text(octets[1:], (len(octets) - 1) * 8 // 7)
    return address(octets)


def gsm_text(octets: bytes, letters: int) -> str:
    """Text packed seven bits a letter (TS 23.038 §6.1.2.1)."""
    number = int.from_bytes(octets, "little")
    text = "".join(GSM_7BIT[number >> 7 * at & 0x7F] for at in range(min(letters, len(octets) * 8 // 7)))
    return "".join(letter if letter.isalnum() or letter in " .-_+*#&" else " " for letter in text).strip()


def timestamp(octets: bytes) -> str:
    """ISO time with its offset of a TS 32.298 TimeStamp; empty where it is none. Years are 2000 to 2099."""
    text = octets.hex()
    if len(text) != 18 or not (text[:12] + text[14:]).isdigit() or text[12:14] not in ("2b", "2d"):
        return ""
    sign = "+" if text[12:14] == "2b" else "-"
    day = f"20{text[:2]}-{text[2:4]}-{text[4:6]}"
    return f"{day}T{text[6:8]}:{text[8:10]}:{text[10:12]}{sign}{text[14:16]}:{text[16:18]}"


def plmn(octets: bytes) -> tuple[str, str]:
    """(MCC, MNC) of three octets (TS 24.008 §10.5.1.3); empty texts where they are none."""
    text = tbcd(octets[:1]) + octets[1:2].hex()[1:] + octets[2:3].translate(SWAPPED).hex() + octets[1:2].hex()[:1]
    mcc, mnc = text[:3], text[3:].rstrip("f")
    return (mcc, mnc) if len(octets) == 3 and (mcc + mnc).isdigit() and len(mnc) >= 2 else ("", "")


def whole(octets: bytes) -> int:
    """An INTEGER, or a number in an OCTET STRING that has no sign."""
    return int.from_bytes(octets, signed=True)


def unsigned(octets: bytes) -> str:
    """A cell or area number as decimal text."""
    return str(int.from_bytes(octets)) if octets else ""

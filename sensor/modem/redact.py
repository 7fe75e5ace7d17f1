"""Identities out of a modem's raw line before it is kept: IMSI, IMEI, ICCID, numbers, temporary identities."""

import re

LONG_NUMBER = re.compile(r"(?<![0-9A-Fa-f])\+?[0-9]{14,20}(?![0-9A-Fa-f])")  # IMEI 14-16, IMSI 15, ICCID 19-20
SUBSCRIBER_LINES = re.compile(r"^(\+(?:CNUM|CLIP|CMT|CMTI|CUSD|CPBR|CRING|CIMI|CCID|CGSN|QCCID)\s*:).*", re.IGNORECASE)
TEMPORARY = re.compile(r"(?i)(\b[mp]?-?tmsi\b\s*[:=]?\s*\"?)[0-9a-f]{4,10}")


def redact(line: str) -> str:
    """The line with each identity replaced by `<redacted>`. Cell numbers (9 digits at most) stay."""
    line = SUBSCRIBER_LINES.sub(r"\1 <redacted>", line)
    return TEMPORARY.sub(r"\1<redacted>", LONG_NUMBER.sub("<redacted>", line))

"""A record as a row of texts, and what must be right about it before it goes on."""

from datetime import date
from functools import lru_cache

from detection.cdr.asn1.frames import RecordError

COLUMNS = {  # header word -> role; None: kept to tell records apart
    "record_type": "record_type",
    "imsi": "imsi",
    "imei": "imei",
    "served_msisdn": "served",
    "other_party": "other",
    "start_time": "start",
    "duration": "duration",
    "lac": "lac",
    "ci": "ci",
    "mcc": "mcc",
    "mnc": "mnc",
    "result": "result",
    "reference": None,
}
KIND, IMSI, IMEI, SERVED, OTHER, START, DURATION = range(7)
LONGEST_CALL_S = 31 * 86_400
LONGEST_NUMBER = 40


def checked(row: list[str]) -> list[str]:
    """The row itself. Raises RecordError where a part of it can't be."""
    imsi, imei = row[IMSI], row[IMEI]
    if imsi and not (imsi.isdigit() and 14 <= len(imsi) <= 15):
        raise RecordError("not an IMSI of 14 or 15 digits")
    if imei and not (imei.isdigit() and 14 <= len(imei) <= 16) and imei.strip("0"):
        raise RecordError("not an IMEI of 14 to 16 digits")
    if not imsi and not row[SERVED]:
        raise RecordError("it names no SIM and no number of its own")
    if len(row[OTHER]) > LONGEST_NUMBER or len(row[SERVED]) > LONGEST_NUMBER:
        raise RecordError("a number of more than 40 digits")
    time = row[START]
    if not (is_day(time[:10]) and time[11:13] < "24" and time[14:16] < "60" and time[17:19] < "60"):
        raise RecordError("no such time")
    if len(row[DURATION]) > 6 and int(row[DURATION]) > LONGEST_CALL_S:
        raise RecordError("a duration of more than 31 days")
    return row


@lru_cache(maxsize=4096)
def is_day(text: str) -> bool:
    """Whether an ISO date is one, of 1990 to 2099."""
    try:
        return 1990 <= date.fromisoformat(text).year < 2100
    except ValueError:
        return False

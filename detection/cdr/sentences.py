"""Grammar of reasons: counts in words, and how "all" and "none" of something are said."""

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

ALL_OF = {
    "outgoing": "all {n} calls went out",
    "messages": "all {n} acts were messages",
    "messages_sent": "all {n} messages were sent, none received",
    "strangers": "all {n} outgoing calls went to numbers called for the first time",
    "recipients": "all {n} messages went to numbers written to for the first time",
    "answered": "all {n} outgoing calls were answered",
    "answers": "it answered all {n} calls that came in",
    "short": "all {n} answered calls lasted less than 10 s",
    "services": "all {n} messages received came from service senders",
}
NONE_OF = {
    "outgoing": "none of {n} calls went out",
    "messages": "none of {n} acts was a message",
    "messages_sent": "none of {n} messages was sent",
    "repeated": "none of the {n} numbers it called was called again",
    "answered": "none of {n} outgoing calls was answered",
    "answers": "it answered none of {n} calls that came in",
    "short": "none of {n} answered calls was shorter than 10 s",
    "night": "none of {n} outgoing acts fell between midnight and six",
    "moves": "it never changed the cell in {n} acts",
    "rings": "the timing advance never changed in {n} acts on one cell",
    "devices": "it never changed the IMEI in {n} acts",
    "contacts": "none of {n} acts was with somebody who also calls back",
    "services": "none of {n} messages received came from a service sender",
    "machines": "none of {n} acts was with a machine number",
}


def count_in_words(n: int) -> str:
    """ "six", "13"."""
    return NUMBERS[n] if 0 < n < len(NUMBERS) else str(n)


def share_in_words(name: str, said: str, k: int, n: int) -> str:
    """ "47 of 49 calls went out", "all 49 calls went out"; empty where there was nothing to count.

    `said`: the sentence of the share called `name`, with {k} and {n}.
    """
    if n == 0:
        return ""
    if k == n > 1 and name in ALL_OF:
        return ALL_OF[name].format(n=n)
    if k == 0 and n > 1 and name in NONE_OF:
        return NONE_OF[name].format(n=n)
    return said.format(k=k, n=n)

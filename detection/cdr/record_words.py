"""What a single word of a record means: a kind of record, an outcome, a duration."""

import re

from detection.cdr.formats import vocabulary
from detection.cdr.words import word_key

KINDS = ("moc", "mtc", "smo", "smt", "fwd", "data", "lu", "ussd", "other")
_MESSAGE = re.compile(r"sms|短信|短消息|簡訊|简讯|彩信|mms|message|text|смс|сообщ|mensaje|رسال|tinnhan|pesan|nachricht")
_DATA = re.compile(
    r"data|gprs|流量|上网|pdp|数据|packet|internet|分组|интернет|datos|donnees|dados|dati|بيانات|volte?data"
)
_PLACE = re.compile(
    r"location|位置|attach|附着|开机|关机|locupd|update|切换|handover|登记|registr|ubicacion|localis|الموقع|местополож|^tau$|^rau$"
)
_FORWARD = re.compile(r"forward|转移|前转|呼转|转接|divert|переадрес|renvoi|desvio|transf|weiterleit|تحويل")
_EXTRA = re.compile(r"ussd|补充业务|supplement")
_INWARD = re.compile(
    r"被叫|接收|收|来|入|落|终呼|\bmt|^mt|mt$|_mt|incom|inbound|^in|in$|recv|receiv|term|deliver|входящ|^вх|entrant|recu|recib"
    r"|receb|entrad|entrat|ricev|وارد|مستلم|eingeh|ankomm|empfang|gelen|masuk|den$|接听|called|callee"
)
_OUTWARD = re.compile(
    r"主叫|发|去|出|起|始呼|^mo|mo$|out|orig|sent|send|submit|исходящ|^исх|sortant|emis|salient|enviad|realiz|efetuad|saida"
    r"|uscit|inviat|صادر|مرسل|ausgeh|abgeh|gesend|giden|keluar|^di$|gọidi|dialed|dialled|calling|caller|拨"
)
_VOICE = re.compile(
    r"call|voice|语音|话音|通话|вызов|звон|голос|appel|llamada|chamada|chiamata|مكالم|anruf|speech|tele"
)


def meaning_of(text: str) -> str:
    """Kind of a record-type word: as the dialects have it, else by the words within it; empty where it is none."""
    key = word_key(text)
    if not key:
        return ""
    if key in vocabulary().record_types:
        return vocabulary().record_types[key]
    if key.isdigit() or re.search(r"\d{4}", key):
        return ""
    sms, inward, outward = _MESSAGE.search(key), _INWARD.search(key), _OUTWARD.search(key)
    if not sms:
        for pattern, kind in ((_EXTRA, "ussd"), (_FORWARD, "fwd"), (_PLACE, "lu"), (_DATA, "data")):
            if pattern.search(key):
                return kind
    if outward or inward:
        first = outward is not None and (inward is None or outward.start() < inward.start() or "主叫" in key)
        if not sms and not _VOICE.search(key) and len(key) > 14:
            return ""
        return ("smo" if sms else "moc") if first else ("smt" if sms else "mtc")
    return "smo" if sms else "moc" if _VOICE.search(key) and len(key) < 14 else ""


def says_service_only(text: str) -> bool:
    """True for words such as "SMS" or "语音", which tell the service and not the direction."""
    key = word_key(text)
    return bool(meaning_of(text)) and len(key) > 1 and not (_INWARD.search(key) or _OUTWARD.search(key))


_HOURS = r"(?:(\d+)\s*(?:小时|小時|[时時]|h(?:ours?|rs?)?|ч(?:ас\w*)?\.?|std))?"
_MINUTES = r"(?:(\d+)\s*(?:分钟|分鐘|分|m(?:in(?:utes?|s)?)?\.?|мин\w*\.?|м|d[kq]))?"
_SECONDS = r"(?:(\d+(?:[.,]\d+)?)\s*(?:秒钟|秒|s(?:ec(?:onds?|s)?|eg\w*|ek\w*|n)?\.?|с(?:ек\w*)?\.?|ثانية))?"
_SPOKEN = re.compile(rf"{_HOURS}[\s,]*{_MINUTES}[\s,]*{_SECONDS}")
_ISO = re.compile(r"p(?:(\d+)d)?t?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")
_QUOTED = re.compile(r"(?:(\d+)[h:])?(\d+)'\s*(\d+)(?:''|\")?")
_PLAIN = re.compile(r"\d+(?:[.,]\d*)?")


def duration_of(text: str) -> float | None:
    """Seconds of a duration as people and machines write it; None where it is none."""
    bare = text.strip().strip('"').lower()
    if _PLAIN.fullmatch(bare):
        return float(bare.replace(",", "."))
    if re.fullmatch(r"\d+:\d{1,2}(?::\d{1,2})?(?:\.\d+)?", bare):
        *rest, seconds = bare.split(":")
        total = 0
        for part in rest:
            total = total * 60 + int(part)
        return total * 60 + float(seconds)
    if match := _QUOTED.fullmatch(bare):
        return int(match[1] or 0) * 3600 + int(match[2]) * 60 + int(match[3])
    if bare[:1] == "p" and (match := _ISO.fullmatch(bare)) and any(match.groups()):
        days, hours, minutes, seconds = match.groups()
        return int(days or 0) * 86_400 + int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds or 0)
    if (match := _SPOKEN.fullmatch(bare)) and any(match.groups()):
        return int(match[1] or 0) * 3600 + int(match[2] or 0) * 60 + float((match[3] or "0").replace(",", "."))
    return None

"""What the words and numbers of a record mean: its kind, its duration, whether it was answered."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from detection.cdr.columns import Layout
from detection.cdr.formats import vocabulary
from detection.cdr.words import word_key

KINDS = ("moc", "mtc", "smo", "smt", "fwd", "data", "lu", "ussd", "other")


def kind(layout: Layout, value: Mapping[str, ir.StringValue]) -> ir.StringValue:
    """One of KINDS, from the record type and the service together."""
    if "record_type" not in value and "service" not in value:
        return ibis.literal("moc")
    if layout.numbered_types and "record_type" in value:
        number = value["record_type"].strip().try_cast("float64").try_cast("int64")
        table = vocabulary().numbered[layout.numbered_types]
        read = ibis.cases(*[(number == code, meaning) for code, meaning in table.items()], else_="other")
    else:
        read = _worded(layout, "record_type", value) if "record_type" in value else ibis.literal("moc")
    if "service" in value:
        service = _worded(layout, "service", value)
        message = service.isin(["smo", "smt"])
        inward = read.isin(["mtc", "smt"])
        own = read.isin(["data", "lu", "ussd", "fwd"])
        read = ibis.cases(
            (own, read),
            (message, ibis.ifelse(inward, ibis.literal("smt"), ibis.literal("smo"))),
            (service.isin(["data", "lu", "ussd"]), service),
            else_=read,
        )
    return read


def _worded(layout: Layout, role: str, value: Mapping[str, ir.StringValue]) -> ir.StringValue:
    """The values of a column by the words of the dialects; each different spelling of the sample is one case."""
    at = layout.roles[role]
    spellings = sorted({row[at] for row in layout.rows})[:200]
    known = {text: meaning for text in spellings if (meaning := meaning_of(text))}
    folded = value[role].lower().re_replace(r"[\s_\-/.:()（）]+", "")
    words: dict[str, list[str]] = {}
    for word, meaning in vocabulary().record_types.items():
        words.setdefault(meaning, []).append(word)
    exact = [(value[role] == text, meaning) for text, meaning in known.items()]
    return ibis.cases(*exact, *[(folded.isin(group), meaning) for meaning, group in words.items()], else_="other")


def meaning_of(text: str) -> str:
    """Kind of a record-type word: as the dialects have it, else by the words within it; empty where it is none."""
    key = word_key(text)
    if not key:
        return ""
    if key in vocabulary().record_types:
        return vocabulary().record_types[key]
    sms = any(part in key for part in ("sms", "短信", "短消息", "簡訊", "message", "text"))
    inward = any(
        part in key for part in ("mt", "in", "recv", "receiv", "被叫", "接收", "收", "term", "来", "入", "deliver")
    )
    outward = any(part in key for part in ("mo", "out", "orig", "sent", "send", "主叫", "发", "去", "出", "submit"))
    if any(part in key for part in ("data", "gprs", "流量", "上网", "pdp", "数据")):
        return "data"
    if any(part in key for part in ("location", "位置", "attach", "开机", "关机", "update")):
        return "lu"
    if any(part in key for part in ("forward", "转移", "前转", "呼转", "转接")):
        return "fwd"
    if outward or inward:
        return ("smo" if sms else "moc") if outward else ("smt" if sms else "mtc")
    return "smo" if sms else ""


def duration(value: Mapping[str, ir.StringValue]) -> ir.IntegerValue:
    """Seconds; also from H:M:S, M:S and Chinese words."""
    role = "duration" if "duration" in value else "duration_ms" if "duration_ms" in value else None
    if role is None:
        return ibis.null("int64")
    text = value[role].strip()
    whole = text.try_cast("int64")
    if role == "duration_ms":
        return (text.try_cast("float64") / 1000).round().cast("int64")
    clock = (
        text.re_replace(r"[时時小点]+|小时", ":")
        .re_replace("分钟?", ":")
        .re_replace("[秒sS]$", "")
        .re_replace(":$", ":0")
    )
    parts = clock.split(":")
    numbers = [parts[at].try_cast("float64") for at in range(3)]
    counted = ibis.cases(
        (parts.length() == 3, numbers[0] * 3600 + numbers[1] * 60 + numbers[2]),
        (parts.length() == 2, numbers[0] * 60 + numbers[1]),
        (parts.length() == 1, numbers[0]),
        else_=ibis.null("float64"),
    )
    return ibis.coalesce(whole, counted.round().cast("int64"))


def answered(value: Mapping[str, ir.StringValue]) -> ir.BooleanValue:
    if "result" not in value:
        return ibis.null("boolean")
    folded = value["result"].strip().lower().re_replace(r"[\s_\-/.:()（）]+", "")
    good = [word for word, reached in vocabulary().results.items() if reached]
    bad = [word for word, reached in vocabulary().results.items() if not reached]
    return ibis.cases((folded.isin(good), True), (folded.isin(bad), False), else_=ibis.null("boolean"))

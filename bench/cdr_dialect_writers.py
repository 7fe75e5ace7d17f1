"""The ways in which exports write a time, a duration, a cell, an identity, a number."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bench.cdr_dialect_truth import Home, Party, Truth

Writer = Callable[[Truth], str]


def local(truth: Truth, home: Home) -> datetime:
    return truth.utc.astimezone(ZoneInfo(home.zone))


def offset_text(moment: datetime, colon: str = ":") -> str:
    text = moment.strftime("%z")
    return text[:3] + colon + text[3:]


def time_writers(home: Home) -> dict[str, Writer]:
    def form(text: str) -> Writer:
        return lambda t: local(t, home).strftime(text)

    def excel(t: Truth) -> str:
        naive = local(t, home).replace(tzinfo=None)
        return f"{(naive - datetime(1899, 12, 30)) / timedelta(days=1):.9f}"

    return {
        "iso": form("%Y-%m-%d %H:%M:%S"),
        "isoT": form("%Y-%m-%dT%H:%M:%S"),
        "slashes": form("%Y/%m/%d %H:%M:%S"),
        "slashes1": lambda t: (m := local(t, home)).strftime(f"%Y/{m.month}/{m.day} {m.hour}:%M:%S"),
        "compact": form("%Y%m%d%H%M%S"),
        "compact gap": form("%Y%m%d %H%M%S"),
        "compact clock": form("%Y%m%d %H:%M:%S"),
        "short year": form("%y%m%d%H%M%S"),
        "dmy": form("%d/%m/%Y %H:%M:%S"),
        "dmy dots": form("%d.%m.%Y %H:%M:%S"),
        "mdy": form("%m/%d/%Y %H:%M:%S"),
        "dmy2": form("%d/%m/%y %H:%M:%S"),
        "mdy am": form("%m/%d/%Y %I:%M:%S %p"),
        "dmy am": form("%d-%m-%Y %I:%M:%S %p"),
        "named": form("%d-%b-%Y %H:%M:%S"),
        "named short": lambda t: local(t, home).strftime("%d-%b-%y %I.%M.%S.000000 %p").upper(),
        "named us": form("%b %d, %Y %I:%M:%S %p"),
        "named slash": form("%d/%b/%Y:%H:%M:%S"),
        "fraction": lambda t: local(t, home).strftime("%Y-%m-%d %H:%M:%S.") + f"{t.dur * 37 % 1000:03d}",
        "offset": lambda t: local(t, home).strftime("%Y-%m-%dT%H:%M:%S") + offset_text(local(t, home)),
        "offset gap": lambda t: local(t, home).strftime("%Y-%m-%d %H:%M:%S ") + offset_text(local(t, home), ""),
        "asn": lambda t: local(t, home).strftime("%y%m%d%H%M%S") + offset_text(local(t, home), ""),
        "zulu": lambda t: t.utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "zulu fraction": lambda t: t.utc.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "epoch": lambda t: str(int(t.utc.timestamp())),
        "epoch ms": lambda t: str(int(t.utc.timestamp()) * 1000),
        "excel": excel,
        "words": form("%Y年%m月%d日 %H时%M分%S秒"),
        "words clock": form("%Y年%m月%d日 %H:%M:%S"),
        "cn am": lambda t: (
            (m := local(t, home)).strftime("%Y/%m/%d ") + ("上午" if m.hour < 12 else "下午") + m.strftime(" %I:%M:%S")
        ),
    }


DATES = {
    "d iso": "%Y-%m-%d",
    "d compact": "%Y%m%d",
    "d dmy": "%d/%m/%Y",
    "d words": "%Y年%m月%d日",
    "d slashes": "%Y/%m/%d",
    "d named": "%d-%b-%Y",
    "d dots": "%d.%m.%Y",
}
CLOCKS = {"c colon": "%H:%M:%S", "c compact": "%H%M%S", "c am": "%I:%M:%S %p"}
CHINESE_TIMES = ("words", "words clock", "cn am")


def duration_writers() -> dict[str, Callable[[int], str]]:
    return {
        "s": str,
        "ms": lambda s: str(s * 1000),
        "hms": lambda s: f"{s // 3600}:{s // 60 % 60:02d}:{s % 60:02d}",
        "HHMMSS": lambda s: f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}",
        "ms colon": lambda s: f"{s // 60}:{s % 60:02d}",
        "decimal": lambda s: f"{s}.0",
        "decimals": lambda s: f"{s}.00",
        "words": lambda s: (
            (f"{s // 3600}小时" if s >= 3600 else "") + (f"{s // 60 % 60}分" if s >= 60 else "") + f"{s % 60}秒"
        ),
        "words long": lambda s: (
            (f"{s // 3600}时" if s >= 3600 else "") + (f"{s // 60 % 60}分钟" if s >= 60 else "") + f"{s % 60}秒"
        ),
        "s unit": lambda s: f"{s}s",
        "sec unit": lambda s: f"{s}秒",
        "en words": lambda s: f"{s // 60}m {s % 60}s",
        "quotes": lambda s: f"{s // 60}'{s % 60:02d}''",
    }


def cell_writers(home: Home, rat: str) -> dict[str, dict[str, Callable[[int, int], str]]]:
    m, n = home.mcc, home.mnc
    ways: dict[str, dict[str, Callable[[int, int], str]]] = {
        "decimal": {"lac": lambda a, c: str(a), "ci": lambda a, c: str(c)},
        "hex": {"lac": lambda a, c: f"{a:04X}", "ci": lambda a, c: f"{c:04X}"},
        "hex small": {"lac": lambda a, c: f"{a:x}", "ci": lambda a, c: f"{c:x}"},
        "hex 0x": {"lac": lambda a, c: f"0x{a:04X}", "ci": lambda a, c: f"0x{c:04X}"},
        "float": {"lac": lambda a, c: f"{a}.0", "ci": lambda a, c: f"{c}.0"},
        "padded": {"lac": lambda a, c: f"{a:08d}", "ci": lambda a, c: f"{c:010d}"},
        "with network": {
            "mcc": lambda a, c: m,
            "mnc": lambda a, c: n,
            "lac": lambda a, c: str(a),
            "ci": lambda a, c: str(c),
        },
        "cgi": {"cgi": lambda a, c: f"{m}-{n}-{a}-{c}"},
        "cgi dots": {"cgi": lambda a, c: f"{m}.{n}.{a}.{c}"},
        "cgi underline": {"cgi": lambda a, c: f"{m}_{n}_{a}_{c}"},
        "cgi together": {"cgi": lambda a, c: f"{m}{n}-{a}-{c}"},
        "cgi hex": {"cgi": lambda a, c: f"{m}-{n}-{a:04X}-{c:04X}"},
        "pair": {"cgi": lambda a, c: f"{a}-{c}"},
        "pair colon": {"cgi": lambda a, c: f"{a}:{c}"},
        "pair hex": {"cgi": lambda a, c: f"{a:04X}-{c:04X}"},
    }
    if rat == "gsm":
        ways["packed"] = {"cgi": lambda a, c: f"{m}{n}{a:04X}{c:04X}"}
        ways["lai"] = {"lai": lambda a, c: f"{m}-{n}-{a}", "ci": lambda a, c: str(c)}
    else:
        ways["site"] = {"lac": lambda a, c: str(a), "ci": lambda a, c: f"{c // 256}-{c % 256}"}
        ways["ecgi site"] = {"lac": lambda a, c: str(a), "cgi": lambda a, c: f"{m}-{n}-{c // 256}-{c % 256}"}
        ways["ecgi packed"] = {"lac": lambda a, c: str(a), "cgi": lambda a, c: f"{m}{n}{c:07X}"}
        ways["ecgi"] = {"lac": lambda a, c: str(a), "cgi": lambda a, c: f"{m}-{n}-{c}"}
        ways["enb and cell"] = {
            "lac": lambda a, c: str(a),
            "enb": lambda a, c: str(c // 256),
            "sector": lambda a, c: str(c % 256),
        }
    return ways


def imsi_writers() -> dict[str, Callable[[str], str]]:
    return {
        "plain": str,
        "spaces": lambda t: f"{t[:3]} {t[3:5]} {t[5:]}",
        "apostrophe": lambda t: f"'{t}",
        "formula": lambda t: f'="{t}"',
        "float": lambda t: f"{t}.0",
        "padded": lambda t: f" {t} ",
        "tab": lambda t: f"{t}\t",
        "dashes": lambda t: f"{t[:3]}-{t[3:5]}-{t[5:]}",
    }


def imei_writers() -> dict[str, Callable[[str], str]]:
    return {
        "15": str,
        "14": lambda t: t[:14],
        "16": lambda t: t[:14] + "07",
        "15 zero": lambda t: t[:14] + "0",
        "apostrophe": lambda t: f"'{t}",
        "formula": lambda t: f'="{t}"',
        "float": lambda t: f"{t}.0",
        "dashes": lambda t: f"{t[:2]}-{t[2:8]}-{t[8:14]}-{t[14]}",
        "spaces": lambda t: f"{t[:6]} {t[6:8]} {t[8:]}",
    }


def party_writer(rng: random.Random, home: Home, mixed: bool) -> Callable[[Party], str]:
    """Own numbers come in one form, others in several."""
    forms = {
        "national": lambda p: p.national,
        "code": lambda p: home.code + p.national,
        "plus": lambda p: "+" + home.code + p.national,
        "zeros": lambda p: "00" + home.code + p.national,
        "trunk": lambda p: home.trunk + p.national,
    }
    if home.code == "86":
        forms["prefix"] = lambda p: rng.choice(["17951", "12593", "17909"]) + p.national
    names = sorted(forms)
    fixed = rng.choice([name for name in names if name != "prefix" and (name != "trunk" or home.code != "86")])
    usual = rng.choice(["national", "code", fixed])

    def write(party: Party) -> str:
        if party.plain:
            return party.national
        if party.foreign:
            return rng.choice(["00", "+"]) + party.national
        name = fixed if not mixed else usual if rng.random() < 0.8 else rng.choice(names)
        return forms[name](party)

    return write


def junk_writer(rng: random.Random) -> Callable[[int], str]:
    texts = rng.sample(
        ["北京", "上海", "Plan A", "成都市", "MSC01", "MSC02", "TG1201", "prepaid", "postpaid", "GSM", "本地"], 3
    )
    fixed = rng.choice(["0", "1", "", "N", "001"])
    return rng.choice(
        [
            lambda n: str(n + 1),
            lambda n: str(1_000_000_007 + n),
            lambda n: f"{rng.random() * 3:.2f}",
            lambda n: rng.choice(texts),
            lambda n: fixed,
            lambda n: f"{rng.getrandbits(64):016x}",
            lambda n: rng.choice(["0", "1", "2"]),
            lambda n: f"{rng.randrange(100, 140)}",
            lambda n: "",
            lambda n: str(rng.randrange(1000, 1010)),
            lambda n: f"MSC{rng.randrange(4)}",
            lambda n: rng.choice(["T", "F"]),
        ]
    )

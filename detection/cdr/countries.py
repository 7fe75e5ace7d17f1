"""The home country of an export, and telephone numbers in one form whatever stood before them (ITU-T E.164, E.212).

A number of China stands as people write it there: 11 digits of a mobile, a landline with its 0. A number of any
other home country is its calling code and national number, foreign ones are code and number, short ones as they are.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from detection.cdr.words import bare_text, is_empty

# MCCs (E.212), calling code (E.164), trunk prefix or -, lengths of a national number, how a mobile number begins
_TABLE = """
202 30 - 10 6|204 31 0 9 6|206 32 0 9-8 4|208 33 0 9 67|212 377 - 8-9 46|213 376 - 6 346|214 34 - 9 67
216 36 06 9-8 237|218 387 0 8-9 6|219 385 0 9-8 9|220 381 0 9-8 6|221 383 0 8 4|222 39 - 10-9 3|226 40 0 9 7
228 41 0 9 7|230 420 - 9 67|231 421 0 9 9|232 43 0 10-11-12 6|234,235 44 0 10-9 7|238 45 - 8 -|240 46 0 9-8-7 7
242 47 - 8 49|244 358 0 9-8-10 45|246 370 0 8 6|247 371 - 8 2|248 372 - 8-7 5|250 7 8 10 9|255 380 0 9 3569
257 375 8 9 234|259 373 0 8 67|260 48 - 9 45678|262 49 0 11-10-9 1|266 350 - 8 5|268 351 - 9 9|270 352 - 9 6
272 353 0 9 8|274 354 - 7 678|276 355 0 9 6|278 356 - 8 79|280 357 - 8 9|282 995 0 9 5|283 374 0 8 -
284 359 0 9-8 89|286 90 0 10 5|293 386 0 8 3456|294 389 0 8 7|297 382 0 8 6
302,310,311,312,313,314,315,316,330,338,352,358,360,370,374 1 1 10 23456789|334 52 01 10 -|368 53 0 8 5
372 509 - 8 34|400 994 0 9 4567|401 7 8 10 7|402 975 - 8 17|404,405,406 91 0 10 6789|410 92 0 10 3|412 93 0 9 7
413 94 0 9 7|414 95 0 10-9-8 9|415 961 0 8-7 378|416 962 0 9 7|417 963 0 9 9|418 964 0 10 7|419 965 - 8 569
420 966 0 9 5|421 967 0 9 7|422 968 - 8 79|424 971 0 9 5|425 972 0 9 5|426 973 - 8 36|427 974 - 8 3567
428 976 0 8 89|429 977 0 10 9|432 98 0 10 9|434 998 - 9 -|436 992 - 9 -|437 996 0 9 -|438 993 8 8 6
440,441 81 0 10 789|450 82 0 10-9 1|452 84 0 9 35789|454 852 - 8 569|455 853 - 8 6|456 855 0 9-8 -|457 856 0 10 2
460,461 86 0 11 1|466 886 0 9 9|470 880 0 10 1|472 960 - 7 79|502 60 0 9-10-8 1|505 61 0 9 4|510 62 0 11-10-12-9 8
514 670 - 8 7|515 63 0 10 9|520 66 0 9 689|525 65 - 8 89|528 673 - 7 78|530 64 0 9-8-10 2|537 675 - 8 7
541 678 - 7 57|542 679 - 7 -|602 20 0 10 1|603 213 0 9 567|604 212 0 9 67|605 216 - 8 2459|606 218 0 9 9
607 220 - 7 -|608 221 - 9 7|609 222 - 8 234|610 223 - 8 5679|611 224 - 9 6|612 225 - 10 0|613 226 - 8 -
614 227 - 8 89|615 228 - 8 79|616 229 - 10-8 -|617 230 - 8 5|618 231 0 9-8 -|619 232 0 8 -|620 233 0 9 25
621 234 0 10 789|622 235 - 8 69|623 236 - 8 7|624 237 - 9 6|625 238 - 7 59|627 240 - 9 2|628 241 0 8-9 -
629 242 - 9 0|630 243 0 9 89|631 244 - 9 9|634 249 0 9 19|635 250 0 9 7|636 251 0 9 97|637 252 0 9-8 -|638 253 - 8 7
639 254 0 9 71|640 255 0 9 67|641 256 0 9 7|642 257 - 8 67|643 258 - 9 8|645 260 0 9 79|646 261 0 9 3|648 263 0 9 7
649 264 0 9 8|650 265 0 9 89|651 266 - 8 56|652 267 - 8 7|653 268 - 8 7|655 27 0 9 678|657 291 0 7 -|659 211 0 9 9
702 501 - 7 6|704 502 - 8 345|706 503 - 8 67|708 504 - 8 389|710 505 - 8 578|712 506 - 8 5678|714 507 - 8 6
716 51 0 9 9|722 54 0 10-11 9|724 55 0 11-10 -|730 56 - 9 9|732 57 - 10 3|734 58 0 10 4|736 591 0 8 67|738 592 - 7 6
740 593 0 9 9|744 595 0 9 9|746 597 - 7 678|748 598 0 8 9
"""
IP_PREFIXES = "12593|17951|17911|17909|17901|10193|17969|17910|11808|12583[123]?|96688|17950|125831"
_CN_MOBILE = re.compile(rf"(?:\+|00)?(?:{IP_PREFIXES})?(?:\+|00)?(?:86)?(?:{IP_PREFIXES})?0?(1[3-9]\d{{9}})")
_CN_LANDLINE = re.compile(
    rf"(?:\+|00)?(?:{IP_PREFIXES})?(?:\+|00)?(?:86)?(?:{IP_PREFIXES})?0?((?:10|2\d|[3-9]\d{{2}})\d{{7,8}})"
)
_CN_THINGS = re.compile(r"(?:\+|00)?(?:86)?(1\d{12})")


@dataclass(frozen=True, slots=True)
class Home:
    """A country's numbering: calling code, trunk prefix, lengths of its national numbers, first digits of a mobile."""

    code: str = "86"
    trunk: str = "0"
    lengths: tuple[int, ...] = (11,)
    mobile: str = "1"
    reason: str = "none told: China"
    share: float = 0.0  # of the numbers that are written like this country's


CHINA = Home()


@cache
def countries() -> dict[str, Home]:
    """Numbering by MCC."""
    found: dict[str, Home] = {}
    for entry in _TABLE.replace("\n", "|").strip("|").split("|"):
        codes, code, trunk, lengths, mobile = entry.split()
        home = Home(
            code,
            "" if trunk == "-" else trunk,
            tuple(int(n) for n in lengths.split("-")),
            "" if mobile == "-" else mobile,
        )
        found.update(dict.fromkeys(codes.split(","), home))
    return found


def home_by_code(code: str) -> Home | None:
    """Numbering of a calling code; None where no country has it."""
    return next((home for home in countries().values() if home.code == code.lstrip("+")), None)


def find_home(imsis: Sequence[str], numbers: Sequence[str]) -> Home:
    """The home country: most IMSIs' country code, else the calling code that most numbers fit."""
    codes = Counter(bare_text(imsi)[:3] for imsi in imsis if not is_empty(imsi))
    known = [(count, mcc) for mcc, count in codes.items() if mcc in countries()]
    if known and max(known)[0] > 0.5 * codes.total():
        count, mcc = max(known)
        return _because(countries()[mcc], f"{count / codes.total():.0%} of the IMSIs or cells are of MCC {mcc}")
    texts = [bare_text(number) for number in numbers if not is_empty(number)]
    texts = [text for text in texts if re.fullmatch(r"\+?\d{7,16}", text)]
    if not texts:
        return CHINA
    every = {home.code: home for home in reversed(countries().values())}
    fits = [(*_fit(texts, home), len(home.code), code) for code, home in every.items()]
    share, _, _, code = max((fit for fit in fits if fit[1] >= 0.1), default=(0.0, 0.0, 0, ""))
    if share < 0.5:
        return _nowhere(texts)
    home = every[code]
    reason = f"{share:.0%} of the numbers are written like numbers of +{code}"
    return Home(home.code, home.trunk, home.lengths, home.mobile, reason, share)


def _nowhere(texts: Sequence[str]) -> Home:
    """No country that is known: a 0 before numbers of the usual length is still a trunk prefix."""
    lengths = Counter(len(text) for text in texts if text[0] not in "+0")
    usual, count = lengths.most_common(1)[0] if lengths else (0, 0)
    alike = (usual,) if count > 0.2 * len(texts) and usual >= 7 else ()
    return Home("", "0" if alike else "", alike, "", "neither IMSIs nor numbers tell a country")


def _because(home: Home, reason: str) -> Home:
    return Home(home.code, home.trunk, home.lengths, home.mobile, reason)


def _fit(texts: Sequence[str], home: Home) -> tuple[float, float]:
    """(share of numbers that this country explains, share that name it by its code)."""
    explained, named = 0, 0.0
    for text in texts:
        whole = re.sub(r"^(?:\+|00)", "", text)
        national = whole.removeprefix(home.code)
        trunked = text.removeprefix(home.trunk) if home.trunk and text.startswith(home.trunk) else text
        if home.code == "86" and _CN_MOBILE.fullmatch(text):
            explained, named = explained + 1, named + 1
        elif whole.startswith(home.code) and len(national) in home.lengths[:1] and _is_mobile(national, home):
            explained, named = explained + 1, named + (0.5 if home.code == "1" and whole == text else 1)
        elif len(trunked) in home.lengths[:1] and _is_mobile(trunked, home):
            explained += 1
    return explained / len(texts), named / len(texts)


def _is_mobile(national: str, home: Home) -> bool:
    return not home.mobile or national[:1] in home.mobile


def one_form(text: str, home: Home) -> str | None:
    """A party's number in its one form; None where it is empty. What is no number stays as it is."""
    bare = bare_text(text)
    if not bare:
        return None
    return _chinese(bare) if home.code == "86" else _elsewhere(bare, home)


def _chinese(bare: str) -> str:
    if match := _CN_MOBILE.fullmatch(bare) or _CN_THINGS.fullmatch(bare):
        return match[1]
    if bare.startswith(("+", "0", "86")) and (match := _CN_LANDLINE.fullmatch(bare)):
        return "0" + match[1]
    return re.sub(r"^(?:\+|00)", "", bare)


def _elsewhere(bare: str, home: Home) -> str:
    if not home.code:
        national = bare.removeprefix("0")
        return national if len(national) in home.lengths else re.sub(r"^(?:\+|00)", "", bare)
    if not re.fullmatch(r"\+?\d+", bare):
        return bare
    whole = re.sub(r"^(?:\+|00|011(?=\d{10}))" if home.code == "1" else r"^(?:\+|00)", "", bare)
    national = whole.removeprefix(home.code)
    if whole.startswith(home.code):
        inner = national.removeprefix(home.trunk) if home.trunk else national  # +44 (0) 7911 123456
        for form in (national, inner):
            if len(form) in home.lengths:
                return home.code + form
    if whole != bare:
        return whole
    if home.trunk and bare.startswith(home.trunk) and len(bare) - len(home.trunk) in home.lengths:
        return home.code + bare[len(home.trunk) :]
    return home.code + bare if len(bare) in home.lengths else bare

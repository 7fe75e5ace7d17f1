"""Folding of words, so that "Served IMSI", "served_imsi" and "ＳＥＲＶＥＤ－ＩＭＳＩ" are one."""

import re
import unicodedata

EMPTY_WORDS = (
    "", "null", "none", "nan", "n/a", "na", "nil", "-", "--", "---", "\\n", "\\\\n", "<null>", "#n/a", "无", "空",
    "(null)", "[null]",
    "<na>", "#null!", "unknown", "未知", "нет", "н/д", "нд", "n.d.", "s/d", "nd", "?", "/", "\\", ".", "_", "*",
)  # fmt: skip

_SIMPLER = str.maketrans(
    "開時間話類號碼對戶長區結發終數據業務狀態機訊計費萬國際網絡換轉錄種標識應線動關電聽呼執備卡來叫方",
    "开时间话类号码对户长区结发终数据业务状态机讯计费万国际网络换转录种标识应线动关电听呼执备卡来叫方",
)
_MARKS = re.compile(r"[\s'\"=()\-\u200b\ufeff]")
_FLOAT = re.compile(r"^(\d+)\.0+$")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_NOT_WORD = re.compile(r"[\W_]+")
_UNIT = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")


def word_key(text: str) -> str:
    """Text in lower case, without accents, spaces and punctuation, traditional characters as simplified ones."""
    return _NOT_WORD.sub("", unicodedata.normalize("NFKD", text).lower().translate(_SIMPLER))


def header_keys(text: str) -> tuple[str, ...]:
    """The keys a header word may be known by: whole, then without its bracketed unit."""
    plain = text.strip().strip("\ufeff\"'")
    return word_key(plain), word_key(_UNIT.sub("", plain))


def is_empty(text: str) -> bool:
    """True for the many ways exports write "nothing"."""
    return text.strip().strip("\"'").strip().lower() in EMPTY_WORDS


def bare_text(text: str) -> str:
    """A number or identity without the spaces, quotes, dashes and ="" that spreadsheets leave, nor a trailing .0."""
    return text if text.isdigit() else _FLOAT.sub(r"\1", _MARKS.sub("", text))


def narrow(text: str) -> str:
    """Full-width digits, letters and marks as plain ones."""
    return text.translate(_WIDE)


def is_wide(text: str) -> bool:
    """True where a text holds full-width digits or a full-width comma, semicolon or bar."""
    return bool(re.search("[\uff10-\uff19\uff0c\uff1b\uff5c]", text))

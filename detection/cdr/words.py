"""Folding of words, so that "Served IMSI", "served_imsi" and "ＳＥＲＶＥＤ－ＩＭＳＩ" are one."""

import re
import unicodedata

EMPTY_WORDS = ("", "null", "none", "nan", "n/a", "na", "nil", "-", "--", "\\n", "<null>", "#n/a", "无", "空", "(null)")

_SIMPLER = str.maketrans(
    "開時間話類號碼對戶長區結發終數據業務狀態機訊計費萬國際網絡換轉錄種標識應線動關電聽呼執備卡來叫方",
    "开时间话类号码对户长区结发终数据业务状态机讯计费万国际网络换转录种标识应线动关电听呼执备卡来叫方",
)
_NOT_WORD = re.compile(r"[\W_]+")
_UNIT = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")


def word_key(text: str) -> str:
    """Text in NFKC, lower case, without spaces and punctuation, traditional characters as simplified ones."""
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", text).lower().translate(_SIMPLER))


def header_keys(text: str) -> tuple[str, ...]:
    """The keys a header word may be known by: whole, then without its bracketed unit."""
    plain = text.strip().strip("\ufeff\"'")
    return word_key(plain), word_key(_UNIT.sub("", plain))


def is_empty(text: str) -> bool:
    """True for the many ways exports write "nothing"."""
    return text.strip().strip("\"'").strip().lower() in EMPTY_WORDS

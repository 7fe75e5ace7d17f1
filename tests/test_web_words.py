"""The map's words: each that the page asks for is there, in both languages, with the same fields."""

import re
from pathlib import Path

from web.i18n import catalogue

WEB = Path(__file__).resolve().parent.parent / "web"
SCRIPTS = sorted((WEB / "static" / "map").glob("*.js"))
ASKED_BY_NAME = re.compile(r"""\bt\(\s*"(\w+)\"""")
ASKED_BY_TEMPLATE = re.compile(r"""\bt\(["']map\.(\w+)["']\)""")
FIELD = re.compile(r"\{(\w+)\}")


def asked() -> set[str]:
    """Keys of the map's words that scripts and template name, whole or by family."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    named = set(ASKED_BY_NAME.findall(text))
    named |= set(ASKED_BY_TEMPLATE.findall((WEB / "templates" / "map" / "index.html").read_text(encoding="utf-8")))
    groups = re.search(r"GROUPS = \[([^\]]*)\]", text)
    assert groups is not None
    named |= {f"{family}_{group}" for group in re.findall(r'"(\w+)"', groups[1]) for family in ("layer", "legend")}
    return named | set(re.findall(r'"(state_\w+|odds_\w+)"', text))


def test_the_map_asks_for_the_words_there_are() -> None:
    for language in ("en", "zh"):
        there = {key.removeprefix("map.") for key in catalogue(language) if key.startswith("map.")}
        assert (language, sorted(asked() - there), sorted(there - asked())) == (language, [], [])


def test_both_languages_fill_the_same_fields() -> None:
    english, chinese = catalogue("en"), catalogue("zh")
    assert {key for key in english if set(FIELD.findall(english[key])) != set(FIELD.findall(chinese[key]))} == set()


def test_chinese_is_chinese() -> None:
    words = {key: text for key, text in catalogue("zh").items() if key.startswith("map.")}
    assert [key for key, text in words.items() if not re.search(r"[\u4e00-\u9fff]", text)] == []

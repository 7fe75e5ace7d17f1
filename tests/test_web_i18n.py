"""Both languages say the same things, and every key that a screen asks for exists."""

import re
from pathlib import Path
from string import Formatter

import pytest

import web
from web.i18n import LANGUAGES, catalogue, choose_language, translate

ROOM = Path(web.__file__).parent
ASKED = re.compile(r"""\b(?:t|say)\(\s*f?["']([a-z0-9_.]+)["'](?!\s*~)""")
OWN_SCRIPTS = list((ROOM / "static").glob("map/*.js"))


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys_and_fields() -> None:
    english, chinese = catalogue("en"), catalogue("zh")
    assert sorted(english) == sorted(chinese)
    assert {key: fields(text) for key, text in english.items()} == {key: fields(text) for key, text in chinese.items()}
    assert all(text.strip() for text in [*english.values(), *chinese.values()])


def test_chinese_is_chinese() -> None:
    plain = {key for key, text in catalogue("zh").items() if not re.search(r"[\u4e00-\u9fff]", text)}
    assert {key for key in plain if re.search(r"[a-z]{4,}", catalogue("zh")[key])} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_that_code_or_a_page_asks_for_exists(language: str) -> None:
    sources = [*ROOM.glob("*.py"), *ROOM.glob("templates/**/*.html"), *OWN_SCRIPTS]
    asked = {key for path in sources for key in ASKED.findall(path.read_text(encoding="utf-8")) if "." in key}
    assert len(asked) > 50
    assert {key for key in asked if not key.endswith(("_", "."))} - set(catalogue(language)) == set()


def test_the_choice_by_hand_wins_then_the_cookie_then_the_browser() -> None:
    assert choose_language("zh", "en", "en") == "zh"
    assert choose_language(None, "zh", "en") == "zh"
    assert choose_language("xx", None, "zh") == "zh"
    assert choose_language(None, None, None) == "en"


def test_fields_are_filled_in_and_a_missing_key_is_an_error() -> None:
    assert translate("en", "login.locked", minutes=3) == "Too many wrong tries. Wait 3 min, then try again."
    with pytest.raises(KeyError):
        translate("en", "login.nothing")

"""Both languages say the same things, and every key that a screen asks for exists."""

import re
from itertools import count
from pathlib import Path
from string import Formatter

import pytest

import web
from detection.cdr.advice import ADVICE
from detection.cdr.kinds import MEASURES, SHARES
from detection.cdr.reasons import FORMS
from detection.cdr.sentences import ALL_OF, NONE_OF, NUMBERS
from detection.joining import RADIO_ADVICE
from detection.signatures.registry import SIGNATURES
from web.i18n import LANGUAGES, Speaker, catalogue, choose_language, tell, translate

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


def rendered(english: str) -> str:
    """A sentence as detection writes it, each field a number of its own."""
    numbers = count(3)
    return re.sub(r"\{\w+(:[^}]*)?\}", lambda _: str(next(numbers)), english)


def test_what_detection_says_is_told_in_chinese() -> None:
    shares = [share.said for share in SHARES] + [measure.said for measure in MEASURES]
    innocent = [look_alike for signature in SIGNATURES for look_alike in signature.look_alikes]
    shares += [*ALL_OF.values(), *NONE_OF.values(), *(f"{word} days" for word in NUMBERS[2:])]
    sentences = [rendered(said) for said in [*shares, *ADVICE.values(), RADIO_ADVICE, *innocent]]
    english = [sentence for sentence in sentences if tell("zh", sentence) == sentence]
    english += [form for form in [*FORMS.values(), "gateway-like"] if Speaker("zh").word("lead.form", form) == form]
    assert len(english) <= len(sentences) / 20, "\n".join(["add to web/locales/told/zh.toml:", *english])


def test_a_sentence_within_a_sentence_is_told_too() -> None:
    english = (
        "heard on the air at the same cell and timing advance 3: about 300 to 1 for a box, "
        "48 originated calls and 2 other requests at timing advance 3 in 184 s"
    )
    assert tell("en", english) == english
    assert tell("zh", english) == (
        "空口听到，同一小区、同一定时提前量 3：是猫池的几率约 300 比 1，"
        "184 秒内在定时提前量 3有 48 次主叫和 2 次其他请求"
    )
    assert tell("zh", "something quite new") == "something quite new"


def test_fields_are_filled_in_and_a_missing_key_is_an_error() -> None:
    assert translate("en", "login.locked", minutes=3) == "Too many wrong tries. Wait 3 min, then try again."
    with pytest.raises(KeyError):
        translate("en", "login.nothing")

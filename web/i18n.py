"""Words of the screens in English and Chinese.

The catalogue is data: every `locales/<subject>.<language>.toml` is a flat table of `"subject.name" = "text {field}"`,
and all subjects of a language make one table. A missing key is an error, in tests and on the screen alike.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from flask import Response, g, has_request_context, request

LANGUAGES = ("en", "zh")
COOKIE = "catpool_lang"
COOKIE_AGE_S = 365 * 86_400


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Every text of one language by key."""
    texts: dict[str, str] = {}
    for entry in sorted(files("web").joinpath("locales").iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(f".{language}.toml"):
            texts.update(tomllib.loads(entry.read_text(encoding="utf-8")))
    return texts


def choose_language(asked: str | None, kept: str | None, accepted: str | None) -> str:
    """The language by hand (?lang=), else the one kept in the cookie, else the browser's, else English."""
    for wish in (asked, kept, accepted):
        if wish in LANGUAGES:
            return str(wish)
    return LANGUAGES[0]


def current_language() -> str:
    """Language of this request; English outside one."""
    if not has_request_context():
        return LANGUAGES[0]
    if "language" not in g:
        accepted = request.accept_languages.best_match(LANGUAGES)
        g.language = choose_language(request.args.get("lang"), request.cookies.get(COOKIE), accepted)
    return str(g.language)


def translate(language: str, key: str, **fields: object) -> str:
    """The text of `key` with its fields filled in. Raises KeyError when the catalogue lacks it."""
    text = catalogue(language)[key]
    return text.format(**fields) if fields else text


@cache
def sentences(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """What detection may say, as patterns with the words of `language` for each.

    Those with a fixed start come first, longer ones before shorter ones.
    """
    entry = files("web").joinpath("locales", "told", f"{language}.toml")
    if not entry.is_file():
        return ()
    told = tomllib.loads(entry.read_text(encoding="utf-8"))
    ordered = sorted(told, key=lambda english: (english.partition("{")[0] != "", len(english)), reverse=True)
    return tuple((_pattern(english), told[english]) for english in ordered)


@lru_cache(maxsize=4096)
def tell(language: str, sentence: str) -> str:
    """A sentence of detection (English) in `language`; as it is where the catalogue does not know it."""
    for pattern, words in sentences(language):
        found = pattern.fullmatch(sentence)
        if found:
            return words.format(**{name: tell(language, part) for name, part in found.groupdict().items()})
    return sentence


def _pattern(english: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", english)
    return re.compile("".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)))


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says things in one language: a key of the catalogue with its fields, or a sentence that detection wrote."""

    language: str

    def __call__(self, key: str, **fields: object) -> str:
        return translate(self.language, key, **fields)

    def told(self, sentence: str) -> str:
        return tell(self.language, sentence)

    def word(self, prefix: str, value: str) -> str:
        """A stored word where the catalogue has "prefix_value", else as it is stored."""
        key = f"{prefix}_{value.lower().replace(' ', '_').replace('-', '_')}"
        return catalogue(self.language).get(key, value)


def speaker() -> Speaker:
    """The speaker of this request."""
    return Speaker(current_language())


def t(key: str, **fields: object) -> str:
    """The text of `key` in the language of this request."""
    return translate(current_language(), key, **fields)


def keep_language(response: Response) -> Response:
    """Keeps a language chosen by hand in a cookie."""
    if request.args.get("lang") in LANGUAGES:
        response.set_cookie(COOKIE, current_language(), max_age=COOKIE_AGE_S, httponly=True, samesite="Lax")
    return response

"""Words of the screens in English and Chinese.

The catalogue is data: every `locales/<subject>.<language>.toml` is a flat table of `"subject.name" = "text {field}"`,
and all subjects of a language make one table. A missing key is an error, in tests and on the screen alike.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
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


def t(key: str, **fields: object) -> str:
    """The text of `key` in the language of this request."""
    return translate(current_language(), key, **fields)


def word(prefix: str, value: str) -> str:
    """A stored word in the language of this request where the catalogue has "prefix_value", else as it is stored."""
    key = f"{prefix}_{value.lower().replace(' ', '_').replace('-', '_')}"
    return catalogue(current_language()).get(key, value)


def keep_language(response: Response) -> Response:
    """Keeps a language chosen by hand in a cookie."""
    if request.args.get("lang") in LANGUAGES:
        response.set_cookie(COOKIE, current_language(), max_age=COOKIE_AGE_S, httponly=True, samesite="Lax")
    return response

"""The map: the first page of everybody."""

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue

from web.access import allow, visitor
from web.accounts import ROLES
from web.i18n import catalogue, current_language

blueprint = Blueprint("map", __name__)
TEAM_COLLECTIONS = ("cells", "hits", "leads", "tracks")
CARRIER_COLLECTIONS = ("cells", "hits", "leads")  # and of these only what belongs to their own leads
MAP_WORDS = ("map.", "lead.form_", "lead.status_")


@blueprint.get("/")
@allow(*ROLES)
def page() -> ResponseReturnValue:
    """The map; `collections` says which layers this role may load."""
    mine = CARRIER_COLLECTIONS if visitor().role == "carrier" else TEAM_COLLECTIONS
    return render_template("map/index.html", role=visitor().role, collections=" ".join(mine))


@blueprint.get("/api/strings.json")
@allow(*ROLES)
def strings() -> ResponseReturnValue:
    """The map's words by key in the language in use."""
    words = {key: text for key, text in catalogue(current_language()).items() if key.startswith(MAP_WORDS)}
    return jsonify(words)

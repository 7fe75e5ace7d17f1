"""Kits: when each was last heard of, by which clock, where it stood and what it listens to."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from web.access import TEAM, allow
from web.connection import journal

blueprint = Blueprint("kits", __name__, url_prefix="/kits")


@blueprint.get("/")
@allow(*TEAM)
def listing() -> ResponseReturnValue:
    """A card a kit, from the journal."""
    readings = journal()
    return render_template("kits/list.html", kits=[], empty=readings is None)

"""Kits: when each was last heard of, by which clock, where it stood and what it listens to."""

from datetime import timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from web.access import TEAM, allow
from web.connection import hearing, journal, now
from web.i18n import t

blueprint = Blueprint("kits", __name__, url_prefix="/kits")
SILENT_AFTER = timedelta(minutes=5)


@blueprint.get("/")
@allow(*TEAM)
def listing() -> ResponseReturnValue:
    """A card a kit, from the journal: silence, a clock nobody disciplines and a missing position are said first."""
    readings = journal()
    kits = hearing().kits(readings) if readings else []
    moment = now()
    return render_template(
        "kits/list.html",
        kits=kits,
        ago={kit.name: ago(moment - kit.last.time) for kit in kits},
        silent={kit.name for kit in kits if moment - kit.last.time > SILENT_AFTER},
        counts=readings.counts() if readings else {},
        megabytes=readings.size_bytes() / 1e6 if readings else 0.0,
        purged=readings.purged()[-5:] if readings else [],
    )


def ago(age: timedelta) -> str:
    """An age in words, in the largest unit that fits."""
    seconds = max(0, round(age.total_seconds()))
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return t(f"kit.ago_{unit}", n=seconds // length)
    return t("kit.ago_seconds", n=seconds)

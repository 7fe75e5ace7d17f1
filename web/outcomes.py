"""What people make of a lead: what was found at its place, or that a licensed gateway stands there."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from detection.case import KnownGateway, Outcome
from detection.joining import places_of
from web.access import allow, note, visitor
from web.api import visible_lead
from web.connection import now, store
from web.i18n import t

blueprint = Blueprint("outcomes", __name__)
VERDICTS = {"found": "confirmed", "nothing": "refuted", "other": "unclear"}  # the form's word: detection's
LONGEST_NOTE = 4_000


@blueprint.post("/leads/<name>/outcome")
@allow("field", "supervisor")
def add(name: str) -> ResponseReturnValue:
    """Form fields verdict (found, nothing, other), note, and optional counts sets, sims, suspects."""
    lead = visible_lead(name)
    verdict = VERDICTS.get(request.form.get("verdict", ""))
    if verdict is None:
        abort(400)
    outcome = Outcome(
        lead=lead.lead,
        verdict=verdict,
        time=now(),
        by=visitor().name,
        note=request.form.get("note", "").strip()[:LONGEST_NOTE],
        sets=_count("sets"),
        sims=_count("sims"),
        suspects=_count("suspects"),
    )
    store().put_outcome(outcome)
    note("wrote outcome", f"{lead.lead} {verdict}")
    flash(t("outcome.kept"))
    return redirect(url_for("leads.page", name=lead.lead), 303)


@blueprint.post("/leads/<name>/known")
@allow("supervisor")
def mark_known(name: str) -> ResponseReturnValue:
    """Form field note: marks the lead as a licensed gateway, with the officer's name and the time."""
    lead = visible_lead(name)
    words = request.form.get("note", "").strip()[:LONGEST_NOTE]
    store().put_known_gateway(KnownGateway(lead.lead, visitor().name, now(), words, places_of(lead)))
    note("marked known", lead.lead)
    flash(t("known.kept"))
    return redirect(url_for("leads.page", name=lead.lead), 303)


def _count(name: str) -> int | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        abort(400)
    return int(text)

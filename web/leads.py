"""The list of leads and the page of one, plain HTML that a phone without JavaScript reads."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from detection.wording import hours_in_words, odds_in_words
from web.access import allow, note
from web.accounts import ROLES
from web.api import mask, visible_lead, visible_leads
from web.connection import store
from web.features import lead_feature
from web.i18n import speaker
from web.masts import Masts
from web.outcomes import VERDICTS

blueprint = Blueprint("leads", __name__, url_prefix="/leads")


@blueprint.get("/")
@allow(*ROLES)
def listing() -> ResponseReturnValue:
    """Leads this account may see, best first."""
    leads = visible_leads()
    if leads:
        note("looked at leads", " ".join(lead.lead for lead in leads))
    masts, located = Masts(store().placed_cells()), set(store().posteriors())
    cards = [lead_feature(lead, masts, lead.lead in located, mask, speaker())["properties"] for lead in leads]
    return render_template("leads/list.html", leads=cards, hours_in_words=hours_in_words)


@blueprint.get("/<name>")
@allow(*ROLES)
def page(name: str) -> ResponseReturnValue:
    """All that is known of one lead, and a form for what was found there."""
    lead = visible_lead(name)
    note("looked at lead", lead.lead)
    card = lead_feature(lead, Masts(store().placed_cells()), True, mask, speaker())["properties"]
    return render_template(
        "leads/lead.html",
        lead=card,
        hits=[hit for hit in map(store().hit, lead.hits) if hit is not None],
        posterior=store().posterior(lead.lead),
        outcomes=store().outcomes(lead.lead),
        verdicts=VERDICTS,
        odds_in_words=odds_in_words,
        hours_in_words=hours_in_words,
    )

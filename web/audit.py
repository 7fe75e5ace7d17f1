"""The audit: who signed in, looked, wrote; for auditors and supervisors."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from web.access import allow, note
from web.connection import accounts, store

blueprint = Blueprint("audit", __name__, url_prefix="/audit")
PAGE = 200


@blueprint.get("/")
@allow("auditor", "supervisor")
def listing() -> ResponseReturnValue:
    """Newest lines first, 200 a page (?before=ID), whether the chain holds, and what detection wrote down."""
    note("looked at audit", "")
    lines = accounts().audit_lines(PAGE, request.args.get("before", type=int))
    return render_template(
        "audit/list.html",
        lines=lines,
        older=lines[-1].id if len(lines) == PAGE else None,
        broken=accounts().broken_audit_line(),
        entries=list(reversed(store().audit_entries()))[:PAGE],
    )

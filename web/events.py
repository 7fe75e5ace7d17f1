"""The live stream of changes (server-sent events, WHATWG HTML §9.2), and the same by polling."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from web.access import allow, session_check, visitor
from web.accounts import ROLES
from web.changes import Change, Watcher
from web.i18n import t

blueprint = Blueprint("events", __name__)
HEARTBEAT_S = 15.0
RETRY_MS = 3_000
SEQUENCE = re.compile(r"[0-9a-f]{8}-[0-9]{1,11}")


@blueprint.get("/events")
@allow(*ROLES)
def stream() -> ResponseReturnValue:
    """Events `hello` {"seq"}, then `change` {"seq", "complete", "changes": {collection: [ids]}} as things change.

    Collections: cells, hits, leads, tracks, posteriors. `complete` false: load everything again. The event's id is
    the sequence number, so a browser that comes back misses nothing. A comment every 15 s keeps the line open.
    503 when every place is taken, so that streams leave threads to requests: poll /api/changes then.
    """
    watcher = _watcher()
    places: threading.BoundedSemaphore = current_app.extensions["stream places"]
    if not places.acquire(blocking=False):
        return jsonify(error=t("pages.error_503")), 503, {"Retry-After": "5"}
    wish = request.headers.get("Last-Event-ID") or request.args.get("since") or ""
    seq = wish if SEQUENCE.fullmatch(wish) else watcher.seq()
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    events = _events(watcher, seq, visitor().role, session_check())
    response = Response(events, mimetype="text/event-stream", headers=headers)
    response.call_on_close(places.release)
    return response


@blueprint.get("/api/changes")
@allow(*ROLES)
def changes() -> ResponseReturnValue:
    """?since=SEQ: what `change` events carry, at once. Without `since`: the sequence number of now, no changes."""
    since = request.args.get("since")
    change = _watcher().since(since) if since else Change(_watcher().seq(), {})
    return jsonify(_seen_by(visitor().role, change))


def _events(watcher: Watcher, seq: str, role: str, is_allowed: Callable[[], bool]) -> Iterator[str]:
    yield f"retry: {RETRY_MS}\n" + _event("hello", seq, {"seq": seq})
    while not watcher.stopping:
        change = watcher.wait(seq, HEARTBEAT_S)
        if not is_allowed():
            return
        if change is None:
            yield ": alive\n\n"
            continue
        seq = change.seq
        seen = _seen_by(role, change)
        if seen["changes"] or not change.complete:
            yield _event("change", seq, seen)


def _seen_by(role: str, change: Change) -> dict[str, object]:
    """A carrier learns which collections to load again, not the names in them: those may be others' leads."""
    if role == "carrier":
        hidden: Mapping[str, tuple[str, ...]] = {name: () for name in change.changes if name != "tracks"}
        return {"seq": change.seq, "complete": change.complete, "changes": hidden}
    return {"seq": change.seq, "complete": change.complete, "changes": change.changes}


def _event(name: str, seq: str, data: Mapping[str, object]) -> str:
    return f"event: {name}\nid: {seq}\ndata: {json.dumps(data)}\n\n"


def _watcher() -> Watcher:
    found: Watcher = current_app.extensions["watcher"]
    return found

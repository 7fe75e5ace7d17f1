"""block.csv: SIMs that a carrier may want to block. A proposal from leads, never proof; a person decides. Pure."""

from collections.abc import Mapping, Sequence

from detection.cdr.leads_file import Suspect

COLUMNS = ("imsi", "msisdn", "lead", "score", "since", "reason", "note")
NOTE = "a proposal from a lead, not proof: check before blocking"


def rows(suspects: Sequence[Suspect], since: Mapping[str, str]) -> list[list[object]]:
    """A row for each SIM that belongs to a lead, best score first.

    `since`: local time of the first act of each, by IMSI, else by number.
    """
    return [
        [
            suspect.imsi,
            suspect.msisdn,
            suspect.lead,
            f"{suspect.score:.6f}",
            since.get(suspect.imsi or suspect.msisdn, ""),
            suspect.reasons,
            NOTE,
        ]
        for suspect in suspects
        if suspect.lead
    ]

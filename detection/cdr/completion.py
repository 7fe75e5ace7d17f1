"""Every role that words, contents or relations can give, in the order in which one tells the next."""

from detection.cdr.assignment import Assignment, by_words, mend_cells
from detection.cdr.events import find_duration, find_kinds, find_numbered_kinds, find_result
from detection.cdr.parties import find_identities, find_parties, home_of
from detection.cdr.sites import find_cells, find_network, find_timing
from detection.cdr.starts import find_times
from detection.cdr.times import TimeReading


def complete(found: Assignment, name: str) -> TimeReading:
    """Gives every role that words or contents can give. Raises ExportError without a time or a party."""
    if found.headed:
        by_words(found)
    elif found.told:
        mend_cells(found)
    time = find_times(found, name)
    find_identities(found)
    find_kinds(found)
    found.home = home_of(found)
    find_parties(found, name)
    if not found.spoken:
        find_network(found)
    find_cells(found)
    find_duration(found, time)
    find_numbered_kinds(found)
    find_result(found)
    find_timing(found)
    return time

"""Where a record was made: areas, cells, eNodeBs, networks and timing advances, by form and by what lies in what."""

from detection.cdr import relations
from detection.cdr.assignment import Assignment
from detection.cdr.contents import follows
from detection.cdr.countries import countries


def find_cells(found: Assignment) -> None:
    """Cells by form (CGI) or by what lies in what."""
    free = found.free()
    if not {"ci", "cgi"} & set(found.roles):
        whole = [at for at in free if found.columns[at].global_cells > 0.9 and found.columns[at].times is None]
        whole = [at for at in whole if found.columns[at].distinct > 1 and found.columns[at].clocks < 0.5]
        if whole:
            at = max(whole, key=lambda n: (found.columns[n].distinct, -n))
            if found.columns[at].areas > 0.9 and (cell := _cell_under(found, at)) is not None:
                found.give("lai", at, "its values are areas with their network, each cell number under one of them")
                found.give("cgi", cell, "holds numbers each of which stands under one area")
                found.before["cgi"] = at
                return
            found.give("cgi", at, "its values are whole cell names (LAC-CI or longer)")
            if "lac" not in found.roles:
                _area_of(found, at)
        elif "lac" in found.roles:
            cell = _cell_under(found, found.roles["lac"])
            if cell is not None:
                found.give("ci", cell, "holds numbers each of which stands under one area code")
        elif (pair := relations.find_cell_pair(found.columns, free)) is not None:
            found.give("lac", pair[0], "holds few numbers, each cell number under one of them")
            found.give("ci", pair[1], "holds numbers each of which stands under one area code")
            _site_and_sector(found)
    elif "ci" in found.roles and "lac" not in found.roles:
        _area_of(found, found.roles["ci"])


def _site_and_sector(found: Assignment) -> None:
    """Numbers of 17 to 20 bits are eNodeBs (TS 36.413 §9.2.1.37); a column of few small numbers tells their cells."""
    sites = found.of("ci")
    numbers = [int(value) for value in sites.usual if value.isdigit()]
    if not numbers or len(numbers) < len(sites.usual) or not 0xFFFF < max(numbers) <= 0xFFFFF:
        return
    if sum(number > 0xFFFF for number in numbers) < 0.5 * len(numbers):
        return
    small = [
        at for at in found.free() if found.columns[at].small(255) > 0.95 and 2 <= len(found.columns[at].usual) <= 30
    ]
    beside = [
        (follows(sites.values, found.columns[at].values) > 0.95, -abs(at - found.roles["ci"]), at) for at in small
    ]
    told = [fit for fit in beside if fit[0] or fit[1] == -1]
    if told:
        found.before["cgi"] = found.roles["ci"]
        found.rename("ci", "enb", ", and its numbers are as large as eNodeBs' and no larger")
        found.give("cgi", max(told)[2], "holds few small numbers beside the eNodeB: its cells")


def _cell_under(found: Assignment, area: int) -> int | None:
    """The column of cell numbers of which each stands under one area."""
    areas = found.columns[area]
    for at in found.free():
        column = found.columns[at]
        cells = column.distinct >= areas.distinct and column.hexes > 0.95 and column.distinct < 0.7 * len(column.filled)
        if at != area and cells and max(map(len, column.counts)) >= 3 and follows(column.values, areas.values) > 0.98:
            return at
    return None


def _area_of(found: Assignment, cell: int) -> None:
    for at in found.free():
        column = found.columns[at]
        fits = column.hexes > 0.95 and 2 <= len(column.usual) < found.columns[cell].distinct
        if fits and max(map(len, column.usual)) >= 3 and follows(found.columns[cell].values, column.values) > 0.95:
            found.give("lac", at, "holds few numbers, each cell under one of them")
            return


def find_network(found: Assignment) -> None:
    if "imsi" not in found.roles or not found.of("imsi").bare:
        return
    imsi = found.of("imsi").bare.most_common(1)[0][0]
    for at in found.free():
        value = found.columns[at].counts.most_common(1)[0][0]
        single = len(found.columns[at].codes) == 1
        if single and value == imsi[:3] and value in countries() and "mcc" not in found.roles:
            found.give("mcc", at, "holds the country code of the IMSIs")
        elif single and "mcc" in found.roles and value == imsi[3 : 3 + len(value)] and len(value) > 1:
            found.give("mnc", at, "holds the network code of the IMSIs")


def find_timing(found: Assignment) -> None:
    """Timing advance: small whole numbers, the smaller the more common, beside a cell."""
    if "ta" in found.roles or not {"ci", "cgi"} & set(found.roles):
        return
    fits = []
    for at in found.free():
        column = found.columns[at]
        values = sorted(int(value) for value in column.filled if value.isdigit() and int(value) <= 1_282)
        if len(values) < 0.95 * len(column.filled) or column.ordered or not 4 <= len(column.usual) <= 300:
            continue
        if values[len(values) // 2] <= 0.4 * values[-1 - len(values) // 100] and values[0] <= 1:
            fits.append((len(column.usual), -at))
    if fits:
        at = -max(fits)[1]
        found.give("ta", at, "holds small whole numbers, the smaller the more common, as timing advances are")

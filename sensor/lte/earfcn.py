"""E-UTRA channel numbers to downlink frequencies, 3GPP TS 36.101 §5.7.3.

F_DL = F_DL_low + 0.1 MHz * (N_DL - N_offs-DL), with F_DL_low and N_offs-DL from table 5.7.3-1.
"""

# band: (F_DL_low MHz, first N_DL, last N_DL)
DOWNLINK_BANDS = {
    1: (2110.0, 0, 599),
    2: (1930.0, 600, 1199),
    3: (1805.0, 1200, 1949),
    4: (2110.0, 1950, 2399),
    5: (869.0, 2400, 2649),
    7: (2620.0, 2750, 3449),
    8: (925.0, 3450, 3799),
    12: (729.0, 5010, 5179),
    13: (746.0, 5180, 5279),
    17: (734.0, 5730, 5849),
    18: (860.0, 5850, 5999),
    19: (875.0, 6000, 6149),
    20: (791.0, 6150, 6449),
    25: (1930.0, 8040, 8689),
    26: (859.0, 8690, 9039),
    28: (758.0, 9210, 9659),
    34: (2010.0, 36200, 36349),
    38: (2570.0, 37750, 38249),
    39: (1880.0, 38250, 38649),
    40: (2300.0, 38650, 39649),
    41: (2496.0, 39650, 41589),
    42: (3400.0, 41590, 43589),
    66: (2110.0, 66436, 67335),
    71: (617.0, 68586, 68935),
}


def downlink(earfcn: int) -> tuple[str, int] | None:
    """(band such as "B3", downlink centre in Hz) of a downlink EARFCN; None outside the bands listed here."""
    for band, (low_mhz, first, last) in DOWNLINK_BANDS.items():
        if first <= earfcn <= last:
            return f"B{band}", round((low_mhz + 0.1 * (earfcn - first)) * 1e6)
    return None

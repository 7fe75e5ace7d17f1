"""TAP3 (TD.57) and charging records of TS 32.298 as exports: each record becomes a line for the path of the CSV files.

The formats' definitions (tags, names, record types) are pycrate's compiled modules, the extra `asn1`. Its decoder is
not on the path, for three reasons: it reads 5,200 TAP events or 13,600 CS records a second where the walk here makes
52,000 and 88,000 lines (bench/cdr_asn1.py); it gives a record up at the first element that its release doesn't know,
which every vendor adds; and it takes a file whole. It is the oracle of the tests instead: what it encodes is read
here, and what it decodes must be the same.
"""

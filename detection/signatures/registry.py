"""The library: a line for each signature."""

from detection.signatures import one_ta_originated
from detection.signatures.record import Signature

SIGNATURES: tuple[Signature, ...] = (one_ta_originated.RECORD,)

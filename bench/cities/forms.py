"""The seven forms of what is hunted, by name."""

from .fraud import human, naive, otp, scam, sms
from .roaming import car, pair

MAKERS = {"naive": naive, "human": human, "scam": scam, "car": car, "pair": pair, "sms": sms, "otp": otp}
FORMS = tuple(MAKERS)

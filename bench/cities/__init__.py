"""Made-up cities to hold the CDR engine against: one carrier's records of its subscribers, and the truth.

Nothing here knows how the engine thinks, and the engine's own towns aren't drawn from here: `laws` draws how a city
lives, `people` who lives in it, `trades` and `jobs` which innocents look like a box, `fraud` and `roaming` what is
hunted, `export` writes the files that a carrier would hand over, `scenarios` names the mixtures.
"""

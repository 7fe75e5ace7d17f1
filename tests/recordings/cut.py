"""Cuts the beginning of a recording, and the frames that lie in it as a whole, into a folder beside this script.

    python tests/recordings/cut.py SOURCE_FOLDER NAME SECONDS FRAMES_FILE=FIRST_FRAME [FRAMES_FILE=FIRST_FRAME ...]

FIRST_FRAME is the frame number that is on the air at the first sample. A block is kept if its four bursts end
within the cut.
"""

import hashlib
import json
import sys
from pathlib import Path

FRAME_S = 120e-3 / 26  # TS 45.002 §4.3.1
BYTES = {"cu8": 2}


def cut(source: Path, name: str, seconds: float, frames: dict[str, int]) -> None:
    folder = Path(__file__).parent / name
    folder.mkdir(exist_ok=True)
    meta = json.loads((source / "capture.sigmf-meta").read_text())
    size = round(seconds * meta["global"]["core:sample_rate"]) * BYTES[meta["global"]["core:datatype"]]
    with (source / "capture.sigmf-data").open("rb") as file:
        data = file.read(size)
    (folder / "capture.sigmf-data").write_bytes(data)
    meta["global"]["core:sha512"] = hashlib.sha512(data).hexdigest()
    (folder / "capture.sigmf-meta").write_text(json.dumps(meta, indent=1) + "\n")
    for file_name, first in frames.items():
        end = first + seconds / FRAME_S
        lines = (source / file_name).read_text().splitlines(keepends=True)
        kept = [line for line in lines if json.loads(line)["fn"] + 3.13 < end]
        (folder / file_name).write_text("".join(kept))


if __name__ == "__main__":
    pairs = (text.split("=") for text in sys.argv[4:])
    cut(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), {file: int(first) for file, first in pairs})

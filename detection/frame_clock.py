"""Seconds of a cell from its frame numbers, over any number of hyperframes (3 h 29 min each)."""

from datetime import datetime

from sensor.gsm.block import FRAME_S, FRAMES_PER_HYPERFRAME

BACKWARD_FRAMES = round(600 / FRAME_S)  # a step back by at most this is a line out of order, else a step forward


class FrameClock:
    """Counts a cell's frames from the first one it is shown; one that is out of order does not move it."""

    def __init__(self, first_s: float = 0.0) -> None:
        self._first_s = first_s
        self._last_fn: int | None = None
        self._last_time: datetime | None = None
        self._frames = 0
        self.out_of_order = 0

    def seconds(self, fn: int, time: datetime | None = None) -> float:
        """Seconds of this frame. `time`, where it is known, tells how many hyperframes passed unheard."""
        if self._last_fn is None:
            self._last_fn, self._last_time = fn, time
            return self._first_s
        ahead = (fn - self._last_fn) % FRAMES_PER_HYPERFRAME
        if FRAMES_PER_HYPERFRAME - ahead <= BACKWARD_FRAMES:
            self.out_of_order += 1
            return max(0.0, self.at(self._frames - (FRAMES_PER_HYPERFRAME - ahead)))
        if time is not None and self._last_time is not None:
            passed = (time - self._last_time).total_seconds() / FRAME_S
            ahead += max(0, round((passed - ahead) / FRAMES_PER_HYPERFRAME)) * FRAMES_PER_HYPERFRAME
        self._frames += ahead
        self._last_fn = fn
        self._last_time = time or self._last_time
        return self.at(self._frames)

    def before(self, fn: int) -> float:
        """Seconds of a frame that was shown some while ago, without moving."""
        behind = ((self._last_fn or 0) - fn) % FRAMES_PER_HYPERFRAME
        return max(self._first_s, self.at(self._frames - behind))

    def at(self, frames: int) -> float:
        return self._first_s + frames * FRAME_S

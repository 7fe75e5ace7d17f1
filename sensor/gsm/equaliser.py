"""From the samples of bursts to soft bits: channel estimate and equaliser, over all bursts of a batch at once.

GMSK of BT 0.3 with GSM's differential precoding (TS 45.004 §2) is, turned back by a quarter circle a symbol, very
nearly a real antipodal signal through one complex pulse: sample[2 k + p] = sum over l of a[k - l] h[l, p], where
a = +1 for a 0 and -1 for a 1, p the half symbol, and h holds pulse, paths and receive filter.

1. h by least squares over the training sequence (TS 45.002 §5.2.3, §5.2.5), or, given what the batch says of the
   channel's statistics, by linear minimum mean square error: a steady path then costs one unknown, not sixteen;
2. matched filter; what counts of it is real: y[k], and the pulse's autocorrelation g[l];
3. forward-backward over the states of the last symbols with the metric a[k] (y[k] - sum g[l] a[k - l])
   (Ungerboeck 1974; max-log), known bits held fast. Out come log-likelihood ratios, positive for a 0.

Arrays: samples (bursts, n) complex64, two a symbol, sample 0 where tap 0 of bit 0 stands; h (bursts, taps, 2).
"""

import numpy as np
from numpy.typing import NDArray

from sensor.gsm.burst import BURST_BITS, NORMAL_TRAINING_AT, SCH_TRAINING, SCH_TRAINING_AT, TAIL_BITS, TRAINING, Bits
from sensor.gsm.downconvert import SAMPLES_A_SYMBOL, Samples

TAPS = 8  # symbols: the pulse's four and paths to four
MEMORY = 6  # symbols the equaliser remembers at most
SMALL = 0.03  # of g[0]: what is less is not worth a state
LEVEL_EVERY = 16  # symbols: how often the metrics are brought back to zero
CERTAIN = 60.0  # log-likelihood ratio of a known bit

Channels = NDArray[np.complex64]
Soft = NDArray[np.float32]


def burst_samples(taps: int = TAPS) -> int:
    """Samples of a burst that its bits reach into."""
    return SAMPLES_A_SYMBOL * (BURST_BITS + taps)


class Training:
    """A training sequence and where it stands, with its least squares solution for `taps` taps."""

    def __init__(self, sequence: Bits, at: int, taps: int = TAPS) -> None:
        symbols = 1.0 - 2.0 * sequence
        self.taps = taps
        self.equations = len(symbols) - taps + 1
        self.first = SAMPLES_A_SYMBOL * (at + taps - 1)
        self.matrix = np.lib.stride_tricks.sliding_window_view(symbols, taps)[:, ::-1]
        self.solution = np.linalg.pinv(self.matrix)
        self.covariance = np.linalg.inv(self.matrix.T @ self.matrix)

    def view(self, samples: Samples) -> NDArray[np.complex64]:
        """The samples that training alone explains, (bursts, equations, 2)."""
        cut = samples[:, self.first : self.first + 2 * self.equations]
        return cut.reshape(len(samples), self.equations, 2)

    def least_squares(self, samples: Samples) -> tuple[Channels, NDArray[np.float32]]:
        """h (bursts, taps, 2) and the noise power a sample (bursts,) that the fit leaves."""
        seen = self.view(samples)
        h = np.einsum("le,bep->blp", self.solution, seen)
        rest = seen - np.einsum("el,blp->bep", self.matrix, h)
        noise = (np.abs(rest) ** 2).sum(axis=(1, 2)) / (2 * (self.equations - self.taps))
        return h.astype(np.complex64), noise.astype(np.float32)

    def slope(self, samples: Samples, h: Channels) -> NDArray[np.float64]:
        """Turns a symbol (bursts,) by which the samples run ahead of what h makes of the training sequence."""
        agreement = (self.view(samples) * np.einsum("el,blp->bep", self.matrix, h).conj()).sum(axis=2)
        lag = self.equations // 2
        turned: NDArray[np.float64] = np.angle((agreement[:, lag:] * agreement[:, :-lag].conj()).sum(axis=1))
        return turned / (2 * np.pi * lag)

    def smoothed(self, samples: Samples, spread: NDArray[np.complex128], noise: float) -> Channels:
        """h by minimum mean square error, given the channel's covariance (2 taps, 2 taps) and the noise power."""
        whole = np.kron(self.matrix, np.eye(2))
        cross = spread @ whole.T
        inner = whole @ cross + noise * np.eye(2 * self.equations)
        gain = np.linalg.solve(inner.T, cross.T).T
        h = self.view(samples).reshape(len(samples), -1) @ gain.T
        return h.reshape(len(samples), self.taps, 2).astype(np.complex64)


def normal_training(bsic: int, taps: int = TAPS) -> Training:
    """The training sequence of a cell's common channels."""
    return Training(TRAINING[bsic & 7], NORMAL_TRAINING_AT, taps)


def sch_training(taps: int = TAPS) -> Training:
    return Training(SCH_TRAINING, SCH_TRAINING_AT, taps)


def known_bits(sequence: Bits, at: int) -> Soft:
    """What is known of a burst before it is heard, (148,): tails of 0 and the training sequence."""
    known = np.zeros(BURST_BITS, np.float32)
    known[:TAIL_BITS] = known[-TAIL_BITS:] = CERTAIN
    known[at : at + len(sequence)] = CERTAIN * (1.0 - 2.0 * sequence)
    return known


def derotate(samples: Samples) -> Samples:
    """Bursts turned back by a quarter circle a symbol, which makes their symbols real."""
    turns = np.array([1, np.exp(-0.25j * np.pi), -1j, np.exp(-0.75j * np.pi)] * 2, np.complex64)
    turns[4:] *= -1
    n = np.arange(samples.shape[1]) % 8
    return samples * turns[n]


def spread_of(h: Channels, training: Training, noise: float) -> NDArray[np.complex128]:
    """Covariance of the channel (2 taps, 2 taps), the estimates' own noise taken off; never negative."""
    flat = h.reshape(len(h), -1).astype(np.complex128)
    raw = flat.T @ flat.conj() / max(1, len(flat))
    raw -= noise * np.kron(training.covariance, np.eye(2))
    values, vectors = np.linalg.eigh((raw + raw.conj().T) / 2)
    result: NDArray[np.complex128] = (vectors * np.clip(values, 0, None)) @ vectors.conj().T
    return result


def matched(samples: Samples, h: Channels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Matched filter output (bursts, 148) and autocorrelation g (bursts, taps), both real."""
    taps = h.shape[1]
    y = np.zeros((len(samples), BURST_BITS), np.float32)
    for tap in range(taps):
        for half in range(SAMPLES_A_SYMBOL):
            first = SAMPLES_A_SYMBOL * tap + half
            part = samples[:, first : first + SAMPLES_A_SYMBOL * BURST_BITS : SAMPLES_A_SYMBOL]
            y += (part * h[:, tap, half, None].conj()).real
    g = np.stack([(h[:, : taps - lag].conj() * h[:, lag:]).real.sum(axis=(1, 2)) for lag in range(taps)], axis=1)
    return y, g.astype(np.float32)


def memory_of(g: NDArray[np.float32]) -> int:
    """Symbols that the equaliser must remember, 2 to 6: the last with a noticeable part of the energy."""
    strength = np.sqrt((g**2).mean(axis=0))
    noticeable = np.flatnonzero(strength > SMALL * strength[0])
    return int(np.clip(noticeable[-1] if len(noticeable) else 2, 2, MEMORY))


def equalise(samples: Samples, h: Channels, noise: float, known: Soft) -> Soft:
    """Log-likelihood ratios (bursts, 148), positive for a 0. `known` (148,) or (bursts, 148) is added before."""
    if not len(samples):
        return np.zeros((0, BURST_BITS), np.float32)
    y, g = matched(samples, h)
    scale = np.float32(2.0 / max(noise, 1e-20))
    memory = memory_of(g)
    prior = np.broadcast_to(known / 2, y.shape)
    return forward_backward(y * scale, g[:, 1 : memory + 1] * scale, np.ascontiguousarray(prior.T))


def forward_backward(y: NDArray[np.float32], g: NDArray[np.float32], prior: NDArray[np.float32]) -> Soft:
    """Max-log ratios (bursts, n) of the metric a[k] (y[k] - sum over l of g[l] a[k - l]) + a[k] prior[k].

    y (bursts, n); g (bursts, memory), lags from 1; prior (n, bursts). A state's lowest bit is the newest symbol.
    """
    bursts, n = y.shape
    memory = g.shape[1]
    states = 1 << memory
    half = states // 2
    bits = np.arange(states)[:, None] >> np.arange(memory)[None, :] & 1
    echoes = (1.0 - 2.0 * bits).astype(np.float32) @ g.T
    steps = (np.ascontiguousarray(y.T) + prior)[:, None, :] - echoes[None]
    before = np.zeros((n + 1, states, bursts), np.float32)
    for k in range(n):
        zero, one = before[k] + steps[k], before[k] - steps[k]
        np.maximum(zero[:half], zero[half:], out=before[k + 1, 0::2])
        np.maximum(one[:half], one[half:], out=before[k + 1, 1::2])
        if k % LEVEL_EVERY == 0:
            before[k + 1] -= before[k + 1].max(axis=0)
    after = np.zeros((n + 1, states, bursts), np.float32)
    for k in range(n - 1, -1, -1):
        step = steps[k].reshape(2, half, bursts)
        following = after[k + 1].reshape(half, 2, bursts)
        np.maximum(following[:, 0] + step, following[:, 1] - step, out=after[k].reshape(2, half, bursts))
        if k % LEVEL_EVERY == 0:
            after[k] -= after[k].max(axis=0)
    before[1:] += after[1:]
    best = before[1:].reshape(n, half, 2, bursts).max(axis=1)
    ratios: Soft = (best[:, 0] - best[:, 1]).T
    return ratios


def remeasured(samples: Samples, symbols: Soft, spread: NDArray[np.complex128], noise: float) -> Channels:
    """h (bursts, taps, 2) from soft symbols (bursts, 148) of whole bursts, given the channel's covariance."""
    taps = spread.shape[0] // 2
    padded = np.pad(symbols, ((0, 0), (taps - 1, taps - 1)))
    matrix = np.lib.stride_tricks.sliding_window_view(padded, taps, axis=1)[:, :, ::-1]
    seen = samples[:, : 2 * matrix.shape[1]].reshape(len(samples), -1, 2)
    counted = seen.shape[1]
    matrix = matrix[:, :counted]
    gram = np.einsum("bkl,bkm->blm", matrix, matrix)
    cross = np.einsum("bkl,bkp->blp", matrix, seen).reshape(len(samples), -1)
    whole = np.einsum("blm,pq->blpmq", gram, np.eye(2)).reshape(len(samples), 2 * taps, 2 * taps)
    inner = whole @ spread + noise * np.eye(2 * taps)
    h = np.linalg.solve(inner, cross[:, :, None])[:, :, 0] @ spread.T
    return h.reshape(len(samples), taps, 2).astype(np.complex64)

"""How much likelier a place's counts are with a box in it than without one: a Bayes factor, pure numbers.

At a place without a box, other requests come at an unknown rate and originated calls at that rate times a
ratio rho. rho is the cell's ratio R times the place's own factor g: places differ, and g has mean 1 and a
coefficient of variation of 0.5. Given the other requests n_b, the originated calls n_o are then negative
binomial (a Poisson count whose rate is gamma distributed):

    P(n_o | n_b, rho) = G(n_o+n_b+a) / (n_o! G(n_b+a)) rho^n_o / (1+rho)^(n_o+n_b+a),   a = 1/2

With a box, calls at a rate beta come on top, beta log-uniform from 0.02 to 1 a second. R is learned from the
other places of the cell, each a vote through the same law of g, and a twentieth of each vote is held back: one place
of machines that only register, or a second box, does not bend it.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincinv, gammaln, logsumexp

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

CALLS_HZ = (0.02, 1.0)  # a box's calls a second, least and most
SPREAD = 0.5  # coefficient of variation of the ratio between places
HEAVY_SHARE = 0.05  # share of places whose factor is log-normal: a longer tail than the gamma law's
ODD_SHARE = 0.05  # share of places whose ratio says nothing of the cell's
JEFFREYS = 0.5

_LOG_RHO = np.arange(np.log(0.01), np.log(100.0), 0.1)
_LOG_1_RHO = np.log1p(np.exp(_LOG_RHO))
_LOG_CELL = np.arange(np.log(0.03), np.log(6.0), 0.15)
_BETAS = np.geomspace(*CALLS_HZ, 9)
_COARSE = 6  # grid points of rho that the box's side takes together
_QUANTILES = (np.arange(5) + 0.5) / 5


def _law() -> Floats:
    """Probability of each rho (columns) at each ratio of the cell (rows), each row summing to 1."""
    log_g = _LOG_RHO[None, :] - _LOG_CELL[:, None]
    shape = 1 / SPREAD**2
    gamma = shape * log_g - shape * np.exp(log_g)
    sigma = np.sqrt(np.log1p(SPREAD**2))
    normal = -0.5 * ((log_g + sigma**2 / 2) / sigma) ** 2
    gamma -= logsumexp(gamma, axis=1, keepdims=True)
    normal -= logsumexp(normal, axis=1, keepdims=True)
    return np.asarray((1 - HEAVY_SHARE) * np.exp(gamma) + HEAVY_SHARE * np.exp(normal), dtype=np.float64)


_LAW = _law()


def cell_ratio_votes(originated: Counts, other: Counts) -> Floats:
    """Log likelihood of each ratio of the cell, (places, ratios), from each place's counts, (places,)."""
    total = originated + other
    votes = np.zeros((len(total), len(_LOG_CELL)))
    busy = np.flatnonzero(total)
    n, n_o = total[busy, None], originated[busy, None]
    choose = gammaln(n + 1) - gammaln(n_o + 1) - gammaln(n - n_o + 1)
    binomial = np.exp(choose + n_o * _LOG_RHO - n * _LOG_1_RHO)
    votes[busy] = np.log((1 - ODD_SHARE) * binomial @ _LAW.T + ODD_SHARE / (n + 1))
    return votes


def prior_of_cell_ratio(median: float, spread: float) -> Floats:
    """Log probability of each ratio of the cell before it is heard: log-normal; `spread` of its logarithm."""
    log_p = -0.5 * ((_LOG_CELL - np.log(median)) / spread) ** 2
    return np.asarray(log_p - logsumexp(log_p), dtype=np.float64)


def ratio_of_place(log_cell_ratio: Floats) -> Floats:
    """Probability of each rho of a place, (places, rhos), from log weights of the cell's ratio, (places, ratios)."""
    weights = np.exp(log_cell_ratio - log_cell_ratio.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True) @ _LAW, dtype=np.float64)


def log_bayes_factor(originated: Counts, other: Counts, seconds: Floats, rho_p: Floats) -> Floats:
    """Natural log of P(counts | box) / P(counts | none) of each place, (places,).

    originated, other, seconds: (places,), counts and the time they took; rho_p: (places, rhos) of `ratio_of_place`.
    """
    return _log_with(originated, other, seconds, rho_p) - _log_without(originated, other, rho_p)


def _log_without(originated: Counts, other: Counts, rho_p: Floats) -> Floats:
    n_o, m = originated[:, None], other[:, None] + JEFFREYS
    log_p = n_o * _LOG_RHO - (n_o + m) * _LOG_1_RHO
    top = log_p.max(axis=1)
    scale = gammaln(n_o + m) - gammaln(n_o + 1) - gammaln(m)
    return np.asarray(scale[:, 0] + top + np.log((np.exp(log_p - top[:, None]) * rho_p).sum(axis=1) + 1e-300))


def _log_with(originated: Counts, other: Counts, seconds: Floats, rho_p: Floats) -> Floats:
    """The integral over beta is exact within each of its steps: there a Poisson count's is a gamma law's."""
    groups = np.arange(0, rho_p.shape[1], _COARSE)
    weight = np.add.reduceat(rho_p, groups, axis=1)  # (places, groups)
    rho = np.exp(np.add.reduceat(rho_p * _LOG_RHO, groups, axis=1) / np.maximum(weight, 1e-300))
    expected_other = gammaincinv(other[:, None] + JEFFREYS, _QUANTILES)  # (places, quantiles)
    background = rho[:, :, None] * expected_other[:, None, :]  # (places, groups, quantiles)
    calls = seconds[:, None, None, None] * _BETAS
    edges = gammainc(originated[:, None, None, None] + 1.0, background[..., None] + calls)
    width = np.log(_BETAS[1] / _BETAS[0]) / (seconds[:, None] * np.diff(_BETAS)) / np.log(_BETAS[-1] / _BETAS[0])
    likelihood = (np.diff(edges, axis=-1) * width[:, None, None, :]).sum(axis=-1).mean(axis=-1)
    return np.asarray(np.log((likelihood * weight).sum(axis=1) + 1e-300), dtype=np.float64)

"""A linear model over pieces of the text: category and route with a probability. Pure; the weights
come from `ops/routing/train.py` and are data (`model.npz`).

Pieces that training has not seen count nothing. Each other one adds its row of weights, divided by
the length of the whole, so that a long text weighs no more than a short one.
"""

import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.vocabulary import Category, Role, Route
from services.incidents.routing.domain.features import features

FILE = Path(__file__).parent / "model.npz"
_Floats = NDArray[np.float32]
_OF_KINDS = 0.6
"""How much the police categories together say of P(police); the rest is a model of that alone."""


@dataclass(frozen=True)
class Scores:
    """Probabilities. `police`: that the police must answer; `sure`: that there is danger now;
    `unclear`: that nobody could tell. `kinds`: of each category and route, most probable first;
    they add up to 1."""

    police: float
    sure: float
    unclear: float
    kinds: tuple[tuple[Category, Route, float], ...]


@dataclass(frozen=True)
class Model:
    """`rows`: hash of a piece -> its row. `weights`: a row for each piece, a column for each of
    `kinds` and then police, sure and unclear. `calibration`: slope and intercept of each of these
    three."""

    version: str
    rows: dict[int, int]
    rarity: _Floats
    weights: NDArray[np.int8]
    scale: _Floats
    bias: _Floats
    kinds: tuple[tuple[Category, Route], ...]
    calibration: _Floats

    def scores(self, pieces: set[str]) -> Scores:
        found = [row for piece in pieces if (row := self.rows.get(key(piece))) is not None]
        raw = self.bias
        if found:
            values = self.rarity[found]
            norm = float(np.sqrt(values @ values))
            raw = raw + (values @ self.weights[found]) * self.scale / norm
        count = len(self.kinds)
        shares = 1 / (1 + np.exp(-np.clip(raw[:count], -30, 30)))
        shares /= shares.sum()
        log_odds = raw[count:]
        among = sum(
            share for (_, route), share in zip(self.kinds, shares, strict=True) if route == "police"
        )
        both = _OF_KINDS * _log_odds(float(among)) + (1 - _OF_KINDS) * log_odds[0]
        police, sure, unclear = (
            _probability(float(slope * odds + offset))
            for odds, (slope, offset) in zip(
                (both, log_odds[1], log_odds[2]), self.calibration, strict=True
            )
        )
        order = np.argsort(-shares)
        kinds = tuple((*self.kinds[at], float(shares[at])) for at in order)
        return Scores(police, sure, unclear, kinds)


def key(piece: str) -> int:
    return zlib.crc32(piece.encode())


def pieces_of(
    plain: str,
    before: str | None,
    given: Category | None,
    role: Role,
    signs: tuple[str, ...] = (),
) -> set[str]:
    """Of the normalised texts and of what else is known."""
    found = features(plain) | {f"~sign:{sign}" for sign in signs}
    if before:
        found |= {f"~later:{piece}" for piece in found if piece[0] == "M" and "+" not in piece}
        found |= features(before)
        found.add("~before")
    found.add("~volunteer" if role in ("volunteer", "leader") else "~resident")
    if given:
        found.add(f"~given:{given}")
    if signs:
        found.add("~sign")
    return found


def _log_odds(share: float) -> float:
    share = min(max(share, 1e-4), 1 - 1e-4)
    return float(np.log(share / (1 - share)))


def _probability(log_odds: float) -> float:
    return 1 / (1 + float(np.exp(-log_odds)))


@cache
def model() -> Model:
    """The one that is shipped."""
    with np.load(FILE, allow_pickle=False) as file:
        return unpacked(file)


def unpacked(file: Any) -> Model:
    return Model(
        version=str(file["version"]),
        rows={int(hash): row for row, hash in enumerate(file["hashes"])},
        rarity=file["rarity"].astype(np.float32),
        weights=file["weights"],
        scale=file["scale"].astype(np.float32),
        bias=file["bias"].astype(np.float32),
        kinds=tuple(tuple(kind.split("|")) for kind in file["kinds"].tolist()),
        calibration=file["calibration"].astype(np.float32),
    )

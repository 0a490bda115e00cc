"""Trains the classifier: `python -m ops.routing.train` writes services/incidents/routing/domain/
model.npz. Deterministic. Needs requirements-training.lock.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from ops.routing.texts import Labelled, all_texts
from services.incidents.routing.domain.classifier import FILE, Scores, key, unpacked

WRITERS = ("a", "b", "c", "d", "i", "j", "k")
"""Who wrote without having seen what the program does. Only their texts measure and calibrate; the
others are learnt from."""
MIN_TEXTS = 2
"""A piece of fewer texts than this is not learnt."""
STRENGTH = 100.0
"""The larger, the closer the weights follow the texts."""
_WEIGHT = {"~": 1.5}
Array = NDArray[Any]


@dataclass(frozen=True)
class Seen:
    """Pieces of the training texts, in the order of their rows, and how much each counts."""

    hashes: list[int]
    rarity: Array

    def matrix(self, texts: Sequence[set[str]]) -> csr_matrix:
        rows = {hash: row for row, hash in enumerate(self.hashes)}
        starts, columns, values = [0], [], []
        for pieces in texts:
            found = sorted({rows[k] for piece in pieces if (k := key(piece)) in rows})
            weights = self.rarity[found]
            columns.extend(found)
            values.extend(weights / max(float(np.sqrt(weights @ weights)), 1e-9))
            starts.append(len(columns))
        return csr_matrix((values, columns, starts), shape=(len(texts), len(self.hashes)))


def seen_in(texts: Sequence[set[str]]) -> Seen:
    counts = Counter(piece for pieces in texts for piece in pieces)
    rarity: dict[int, float] = {}
    for piece, count in sorted(counts.items()):
        if count >= MIN_TEXTS:
            weight = _WEIGHT.get(piece[0], 1.0) * (np.log((len(texts) + 1) / (count + 1)) + 0.3)
            rarity[key(piece)] = float(weight)
    hashes = sorted(rarity)
    return Seen(hashes, np.array([rarity[hash] for hash in hashes], dtype=np.float32))


def fit(texts: Sequence[Labelled], pieces: Sequence[set[str]]) -> dict[str, Array]:
    """The weights, not calibrated yet: a model for each kind against all others, and for each
    target."""
    seen = seen_in(pieces)
    data = seen.matrix(pieces)
    kinds = sorted({text.kind for text in texts})
    of_kinds = np.array([[text.kind == kind for kind in kinds] for text in texts], dtype=np.int8)
    columns: list[Array] = []
    bias: list[float] = []
    for target in np.hstack([of_kinds, targets(texts)]).T:
        one = LogisticRegression(
            C=STRENGTH, class_weight="balanced", solver="liblinear", random_state=0
        )
        one.fit(data, target)
        columns.append(one.coef_[0])
        bias.append(float(one.intercept_[0]))
    weights = np.array(columns).T
    scale = np.abs(weights).max(axis=0) / 127
    return {
        "hashes": np.array(seen.hashes, dtype=np.uint32),
        "rarity": seen.rarity.astype(np.float16),
        "weights": np.round(weights / scale).astype(np.int8),
        "scale": scale.astype(np.float32),
        "bias": np.array(bias, dtype=np.float32),
        "kinds": np.array(kinds),
        "calibration": np.array([[1, 0]] * 3, dtype=np.float32),
        "version": np.array("untrained"),
    }


def targets(texts: Sequence[Labelled]) -> Array:
    """Police, sure danger, unclear: a column each."""
    rows = [(t.route == "police", t.danger == "sure", t.unclear) for t in texts]
    return np.array(rows, dtype=np.int8)


def unseen_scores(
    texts: Sequence[Labelled], pieces: Sequence[set[str]]
) -> tuple[list[Labelled], list[Scores], Array]:
    """The texts of `WRITERS`, their scores by a model that has not seen their writer, and the
    calibration that these give."""
    measured: list[Labelled] = []
    scores: list[Scores] = []
    for writer in WRITERS:
        known = [at for at, text in enumerate(texts) if text.writer != writer]
        model = unpacked(fit([texts[at] for at in known], [pieces[at] for at in known]))
        for text, seen in zip(texts, pieces, strict=True):
            if text.writer == writer:
                measured.append(text)
                scores.append(model.scores(seen))
        print(f"writer {writer}: kept aside and scored", file=sys.stderr)
    raw = np.array([(s.police, s.sure, s.unclear) for s in scores])
    odds = np.log(np.clip(raw, 1e-6, 1 - 1e-6) / (1 - np.clip(raw, 1e-6, 1 - 1e-6)))
    lines = calibrated(odds, targets(measured))
    shares = 1 / (1 + np.exp(-(odds * lines[:, 0] + lines[:, 1])))
    found = [
        replace(score, police=float(police), sure=float(sure), unclear=float(unclear))
        for score, (police, sure, unclear) in zip(scores, shares, strict=True)
    ]
    return measured, found, lines


def calibrated(odds: Array, truth: Array) -> Array:
    """Slope and intercept that make the log-odds of texts of unseen writers probabilities."""
    lines = []
    for column in range(3):
        line = LogisticRegression(C=1e6).fit(odds[:, [column]], truth[:, column])
        lines.append([line.coef_[0, 0], line.intercept_[0]])
    return np.array(lines, dtype=np.float32)


def main(argv: list[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--version", required=True, help="for example 2026-11-28")
    options.add_argument("--out", type=Path, default=FILE)
    chosen = options.parse_args(argv)
    texts = all_texts()
    pieces = [text.pieces() for text in texts]
    _, _, calibration = unseen_scores(texts, pieces)
    arrays = fit(texts, pieces)
    arrays["calibration"] = calibration
    arrays["version"] = np.array(chosen.version)
    np.savez_compressed(chosen.out, **arrays)
    print(
        f"{len(texts)} texts, {len(arrays['hashes'])} pieces: {chosen.out.stat().st_size:,} bytes"
    )


if __name__ == "__main__":
    main()

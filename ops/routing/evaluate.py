"""How well the words are read: `python -m ops.routing.evaluate SET.jsonl ...`; `--unseen-writers`
for the training texts, each judged by a model that has not seen its writer.

Prints counts only, never a text: a set that was kept aside stays unseen.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from contracts.vocabulary import Route, values_of
from ops.routing.texts import Labelled, all_texts, read
from services.incidents.policy import POLICIES, IncidentsPolicy, words_of
from services.incidents.routing.domain.classification import RoutingDecision, RoutingInput, decide
from services.incidents.routing.domain.classifier import Scores
from services.incidents.routing.domain.reading import read as read_words
from services.incidents.routing.domain.signs import signs

_NOW = datetime(2026, 11, 28, 4, tzinfo=UTC)
_CURVE = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_OUTCOMES = ("volunteers", "committee", "log", "police", "triage", "urgent triage")


@dataclass(frozen=True)
class Judged:
    text: Labelled
    decision: RoutingDecision

    @property
    def outcome(self) -> str:
        if self.decision.triage is None:
            return self.decision.route
        return "urgent triage" if self.decision.triage == "urgent" else "triage"


def judge(
    texts: Sequence[Labelled], policy: IncidentsPolicy, scores: Sequence[Scores] | None = None
) -> list[Judged]:
    """`scores`: in place of the shipped model's."""
    judged: list[Judged] = []
    rules = signs(words_of(policy).signs)
    for at, text in enumerate(texts):
        given = RoutingInput(text.text, text.given, text.role, before=text.before)
        known = scores[at] if scores is not None else None
        reading = read_words(given.text, given.before, given.category, given.role, rules, known)
        judged.append(Judged(text, decide(given, reading, policy, _NOW)))
    return judged


def goals(judged: Sequence[Judged]) -> dict[str, float]:
    """Shares. A text that nobody could route counts in triage alone."""
    clear = [j for j in judged if not j.text.unclear]
    police = [j for j in clear if j.text.route == "police"]
    harmless = [j for j in clear if j.text.route != "police"]
    decided = [j for j in clear if j.decision.triage is None]
    right = [j for j in decided if j.outcome == j.text.route]
    called = [j for j in police if j.outcome == "police"]
    urgent = [j for j in police if j.outcome == "urgent triage"]
    triaged = [j for j in police if j.decision.triage is not None]
    return {
        "right where decided": _share(right, decided),
        "triage": 1 - _share(decided, clear),
        "police at once": _share(called, police),
        "police at once or urgent triage": _share([*called, *urgent], police),
        "police matters elsewhere": 1 - _share([*called, *triaged], police),
        "harmless called police": _share([j for j in harmless if j.outcome == "police"], harmless),
        "harmless in urgent triage": _share(
            [j for j in harmless if j.outcome == "urgent triage"], harmless
        ),
        "category right where decided": _share(
            [j for j in right if j.decision.category == j.text.category], right
        ),
        "unclear in triage": _share(
            [j for j in judged if j.text.unclear and j.decision.triage],
            [j for j in judged if j.text.unclear],
        ),
    }


def _share(part: Sequence[Judged], whole: Sequence[Judged]) -> float:
    return len(part) / len(whole) if whole else 0.0


def show(name: str, judged: Sequence[Judged]) -> None:
    print(f"\n## {name}: {len(judged)} texts\n")
    for goal, share in goals(judged).items():
        print(f"{goal:34}{share:7.1%}")
    counts = Counter((j.text.route, j.outcome) for j in judged)
    print(f"\n{'should be':12}" + "".join(f"{outcome:>15}" for outcome in _OUTCOMES))
    for route in values_of(Route):
        cells = "".join(f"{counts[route, outcome]:15}" for outcome in _OUTCOMES)
        print(f"{route:12}{cells}")


def curve(texts: Sequence[Labelled], policy: IncidentsPolicy, scores: Sequence[Scores]) -> None:
    """Error of what the program decides against the share that it leaves to a person."""
    print(f"\n{'confidence':>10}{'triage':>9}{'wrong':>9}{'police elsewhere':>18}")
    for least in _CURVE:
        words = policy.words and policy.words.with_(confidence_from=least)
        found = goals(judge(texts, policy.with_(words=words), scores))
        print(
            f"{least:10.2f}{found['triage']:9.1%}{1 - found['right where decided']:9.1%}"
            f"{found['police matters elsewhere']:18.1%}"
        )


def main(argv: list[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("sets", nargs="*", type=Path)
    options.add_argument("--unseen-writers", action="store_true")
    options.add_argument("--policy", help="a version; without it the newest")
    chosen = options.parse_args(argv)
    policy = POLICIES.of(chosen.policy) if chosen.policy else POLICIES.at(_NOW)
    for file in chosen.sets:
        texts = read(file)
        rules = signs(words_of(policy).signs)
        scores = [read_words(t.text, t.before, t.given, t.role, rules).scores for t in texts]
        show(file.stem, judge(texts, policy, scores))
        curve(texts, policy, scores)
    if chosen.unseen_writers:
        # Needs requirements-training.lock.
        from ops.routing.train import unseen_scores

        everything = all_texts()
        texts, scores, _ = unseen_scores(everything, [text.pieces() for text in everything])
        show("each by a model that has not seen its writer", judge(texts, policy, scores))
        curve(texts, policy, scores)


if __name__ == "__main__":
    main()

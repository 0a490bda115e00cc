"""Why somebody was, or was not, chosen: the last verdict on each person."""

from collections.abc import Iterable
from typing import NamedTuple

from services.dispatch.selection.domain.situation import CHOSEN, Found, Reason


class Explanation(NamedTuple):
    """`attempt` is the search that the reason is from. `score` in minutes, less is better; distance
    on the map, metres."""

    volunteer: str
    squad: str | None
    reason: Reason
    attempt: int
    distance_m: int
    score: float | None
    probability: float | None


def explain(searches: Iterable[Found]) -> dict[str, Explanation]:
    """By volunteer. `searches` are those of one need, in order; who was chosen once stays
    chosen, as of the last time."""
    explained: dict[str, Explanation] = {}
    for found in searches:
        for person, verdict in zip(found.situation.people, found.selection.verdicts, strict=True):
            before = explained.get(person.volunteer)
            chosen_before = before is not None and before.reason in CHOSEN
            if chosen_before and verdict.reason not in CHOSEN:
                continue
            explained[person.volunteer] = Explanation(
                person.volunteer,
                person.squad,
                verdict.reason,
                found.attempt,
                person.distance_m,
                verdict.score,
                verdict.probability,
            )
    return explained

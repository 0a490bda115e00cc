"""Decides who answers a report, by what was read in its words, its category and the role.

The words decide only where they are clear: a certain sign, or a probability that the policy asks
for. Everything else is triage: a person looks first. A picked category never overrules words of
danger.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from typing_extensions import TypeAliasType

from contracts.vocabulary import Category, Danger, Role, Route, Skill, Urgency
from jinan.local_time import is_night
from services.incidents.policy import IncidentsPolicy, WordsPolicy, words_of
from services.incidents.routing.domain.needs import (
    is_first_aid,
    max_people,
    people_asked,
    skills_for,
)
from services.incidents.routing.domain.reading import Reading, read
from services.incidents.routing.domain.signs import signs

POLICE_ONLY: frozenset[Category] = frozenset(
    {"fraud", "theft", "violence", "drugs", "tip", "missing", "emergency"}
)
"""Violence, crime and emergencies: answered by the police."""
NEVER_VOLUNTEERS: frozenset[Category] = POLICE_ONLY - {"missing"}
"""Not even an officer can send volunteers to these. They can to a search for a lost person."""
Triage = TypeAliasType("Triage", Literal["normal", "urgent"])
_LOGGING: frozenset[Role] = frozenset({"volunteer", "leader"})


@dataclass(frozen=True)
class RoutingInput:
    """`category` None: the reporter picked none. `finished`: a volunteer says that it is done.
    `before`: what stood before, where `text` was told later."""

    text: str
    category: Category | None
    role: Role
    finished: bool = False
    people_needed: int | None = None
    before: str | None = None


@dataclass(frozen=True)
class RoutingDecision:
    """`because`: codes of the reasons, with a text `because.<code>` each. `danger` "sure": no
    volunteer may ever be sent. `inferred`: the category comes from the words. `triage`: a person on
    watch looks first, and nobody is called until then; `route` is what it would be. `confidence`:
    probability from 0 to 1 that `route` is right. `rules_version`: of the policy, which names the
    signs and the model that it was tried with.
    """

    category: Category
    route: Route
    urgency: Urgency
    skills: tuple[Skill, ...]
    people_needed: int
    because: tuple[str, ...]
    inferred: bool
    triage: Triage | None
    danger: Danger
    inform_police: bool
    confidence: float
    rules_version: str


@dataclass(frozen=True)
class _Choice:
    category: Category
    route: Route
    confidence: float
    because: tuple[str, ...]
    triage: Triage | None = None
    danger: Danger = "none"


def classify(given: RoutingInput, policy: IncidentsPolicy, now: datetime) -> RoutingDecision:
    """The decision under this policy. `now` matters at night only: then more people are sent."""
    rules = signs(words_of(policy).signs)
    reading = read(given.text, given.before, given.category, given.role, rules)
    return decide(given, reading, policy, now)


def decide(
    given: RoutingInput, reading: Reading, policy: IncidentsPolicy, now: datetime
) -> RoutingDecision:
    """The same for words that are read already."""
    found = _choice(given, reading, policy)
    entry = policy.category[found.category]
    skills = skills_for(found.category, found.route, reading.plain, entry.skills)
    return RoutingDecision(
        category=found.category,
        route=found.route,
        urgency="urgent" if found.route == "police" else entry.urgency,
        skills=() if found.route == "log" else skills,
        people_needed=_people(found, given, reading, policy, now),
        because=found.because,
        inferred=found.category != given.category,
        triage=found.triage,
        danger=found.danger,
        inform_police=entry.inform_police and found.route != "police",
        confidence=round(found.confidence, 3),
        rules_version=policy.version,
    )


def _choice(given: RoutingInput, reading: Reading, policy: IncidentsPolicy) -> _Choice:
    words = words_of(policy)
    police = _police(given, reading, words)
    rules = signs(words.signs)
    of_office = not reading.signs and rules.office.search(reading.plain) is not None
    suspected_only = police is not None and police.because == ("words_suspect",)
    if police is not None and not (of_office and suspected_only):
        return police
    found = _without_danger(given, reading, policy, words)
    if of_office and found.triage is None and found.route != "log" and not given.category:
        return replace(found, triage="normal", because=("words_unclear",))
    crowd = max_people(reading.plain) >= policy.crowd_people
    if found.category == "dispute" and found.route == "volunteers" and crowd:
        return _Choice("dispute", "police", found.confidence, ("crowd",))
    return found


def _police(given: RoutingInput, reading: Reading, words: WordsPolicy) -> _Choice | None:
    """At once where it is sure, by triage where it is suspected, else None."""
    probability, signs = reading.scores.police, reading.signs
    picked = given.category if given.category in POLICE_ONLY else None
    if picked is None and not reading.is_readable:
        return None
    because = (*(sign.name for sign in signs), *(("picked",) if picked else ()))
    category = _police_category(reading, picked)
    if signs and probability >= words.sign_from:
        life = signs[0].category in ("emergency", "violence")
        danger: Danger = "sure" if life else "none"
        return _Choice(category, "police", max(probability, 0.9), because, danger=danger)
    if probability >= words.police_from:
        danger = "sure" if reading.scores.sure >= words.sure_from else "none"
        return _Choice(category, "police", probability, (*because, "words_police"), danger=danger)
    if picked and probability >= words.sign_from:
        return _Choice(category, "police", probability, because)
    if signs or picked or probability >= words.urgent_from:
        because = because or ("words_suspect",)
        return _Choice(category, "police", probability, because, "urgent", "suspected")
    return None


def _police_category(reading: Reading, picked: Category | None) -> Category:
    """A dispute can be one for the police too."""
    for sign in reading.signs:
        if picked in ("emergency", "violence") or sign.category == picked:
            break
        return sign.category
    return picked or next(c for c, route, _ in reading.scores.kinds if route == "police")


def _without_danger(
    given: RoutingInput, reading: Reading, policy: IncidentsPolicy, words: WordsPolicy
) -> _Choice:
    kinds: list[tuple[Category, Route, float]] = [
        (category, route, share)
        for category, route, share in reading.scores.kinds
        if route != "police" and (route != "log" or given.role in _LOGGING)
    ]
    rules = signs(words.signs)
    blocked = not reading.signs and rules.fire_access.search(reading.plain) is not None
    wanted = given.category or ("hazard" if blocked else None)
    category, route, _ = next((k for k in kinds if k[0] == wanted), kinds[0])
    because: tuple[str, ...] = ("words",)
    triage: Triage | None = None
    if given.finished and given.role in _LOGGING:
        route, because = "log", ("finished",)
    total = sum(share for *_, share in kinds)
    agreeing = sum(share for _, way, share in kinds if way == route) / total
    confidence = agreeing * (1 - reading.scores.police)
    if _is_unclear(reading, words):
        category = given.category or policy.default_category
        route = _default_route(category, policy)
        because, triage = (_why_unclear(reading),), "normal"
    elif given.category and kinds[0][0] != given.category and _differs(kinds, given, words):
        because, triage = ("picked_differs",), "normal"
    elif confidence < words.confidence_from and route != "log":
        because, triage = ("words_unclear",), "normal"
    return _Choice(category, route, confidence, because, triage)


def _differs(
    kinds: Sequence[tuple[Category, Route, float]], given: RoutingInput, words: WordsPolicy
) -> bool:
    """Whether the words are clearly of another category, that others answer, than was picked."""
    own = sum(share for category, _, share in kinds if category == given.category)
    return own < words.picked_from


def _is_unclear(reading: Reading, words: WordsPolicy) -> bool:
    unread = not reading.is_readable or not reading.is_chinese or reading.is_cut
    return unread or reading.scores.unclear >= words.unclear_from


def _why_unclear(reading: Reading) -> str:
    if not reading.is_readable:
        return "no_words"
    if not reading.is_chinese:
        return "foreign"
    return "too_long" if reading.is_cut else "words_unclear"


def _default_route(category: Category, policy: IncidentsPolicy) -> Route:
    route = policy.category[category].route
    return "committee" if route == "log" else route


def _people(
    found: _Choice,
    given: RoutingInput,
    reading: Reading,
    policy: IncidentsPolicy,
    now: datetime,
) -> int:
    """The reporter's own number counts at checkpoints only: nobody but an officer may call twenty
    people to anything else."""
    people = policy.category[found.category].people
    if found.category == "checkpoint":
        people = given.people_needed or people_asked(reading.plain) or people
    if found.category == "assistance" and is_first_aid(reading.plain):
        people = max(people, 2)
    night = is_night(now, policy.night_from_hour, policy.night_until_hour)
    if found.route == "volunteers" and night:
        people = max(people, policy.night_people)
    return people

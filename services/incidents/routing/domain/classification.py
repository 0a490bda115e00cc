"""Decides who answers a report: by its category, its words and the reporter's role.

Danger comes first: words that clearly tell of fire, injury, weapons or a fight go to the police,
whatever category the reporter picked. Otherwise the category's default route applies (policy),
unless other words change it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from typing_extensions import TypeAliasType

from contracts.vocabulary import Category, Role, Route, Skill, Urgency, values_of
from jinan.local_time import is_night
from services.incidents.policy import IncidentsPolicy
from services.incidents.routing.domain.cues import Reading, people_asked, read

POLICE_ONLY: frozenset[Category] = frozenset(
    {"fraud", "theft", "violence", "drugs", "tip", "missing", "emergency"}
)
"""Violence, crime and emergencies: answered by the police."""
NEVER_VOLUNTEERS: frozenset[Category] = POLICE_ONLY - {"missing"}
"""Not even an officer can send volunteers to these. They can to a search for a lost person."""
_DANGERS: tuple[tuple[Category, tuple[str, ...]], ...] = (
    ("violence", ("weapon", "fight", "menace")),
    ("emergency", ("fire", "medical", "unanswered", "trapped", "suicide", "crash")),
)
_CRIMES: tuple[tuple[Category, tuple[str, ...]], ...] = (
    ("fraud", ("scam",)),
    ("theft", ("stealing",)),
    ("drugs", ("narcotics",)),
    ("missing", ("lost_person",)),
    ("tip", ("vice",)),
)
_HEARSAY: frozenset[Category] = frozenset({"rumour"})
_FINISHED_BY_WORDS: frozenset[Category] = frozenset(
    {"traffic", "nuisance", "dispute", "assistance", "escort", "checkpoint", "outreach"}
)
"""Categories where a volunteer's words can say that the matter is finished. Not hazards: reporting
one does not repair it."""
_SKILLS_BY_WORDS: dict[Category, tuple[Skill, ...]] = {
    "traffic": ("traffic",),
    "hazard": ("care",),
    "assistance": ("e-service", "care", "first-aid"),
}
# On a tie the more specific category wins, then the one that does less harm if it is wrong.
_PREFERENCE: tuple[Category, ...] = (
    "checkpoint",
    "escort",
    "fundraising",
    "rumour",
    "outreach",
    "dispute",
    "hazard",
    "traffic",
    "assistance",
    "nuisance",
    "environment",
)


Danger = Literal["none", "suspected", "sure"]
Triage = TypeAliasType("Triage", Literal["normal", "urgent"])


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
    probability from 0 to 1 that route is right.
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
class _Candidate:
    category: Category
    because: tuple[str, ...] = ()
    inferred: bool = False
    triage: bool = False


def classify(given: RoutingInput, policy: IncidentsPolicy, now: datetime) -> RoutingDecision:
    """The decision under this policy. `now` matters at night only: then more people are sent."""
    reading = read(given.text)
    found = _category(given, reading, policy)
    entry = policy.category[found.category]
    route, reasons = _route(found.category, given, reading, policy)
    return RoutingDecision(
        category=found.category,
        route=route,
        urgency="urgent" if route == "police" else entry.urgency,
        skills=() if route == "log" else _skills(found.category, route, reading, entry.skills),
        people_needed=_people(found.category, route, given, reading, policy, now),
        because=tuple(dict.fromkeys((*found.because, *reasons))),
        inferred=found.inferred,
        triage="normal" if found.triage else None,
        danger="sure" if _is_dangerous(found.category, reading) else "none",
        inform_police=entry.inform_police and route != "police",
        confidence=0.5 if found.triage else 1.0,
        rules_version=policy.version,
    )


def _is_dangerous(category: Category, reading: Reading) -> bool:
    return category in ("violence", "emergency") or bool(_match(_DANGERS, reading))


def _category(given: RoutingInput, reading: Reading, policy: IncidentsPolicy) -> _Candidate:
    picked = _Candidate(given.category) if given.category else _inferred(reading, policy)
    if "hearsay" in reading.cues and (
        given.category in (None, *_HEARSAY) or "told" in reading.cues
    ):
        if given.category:
            return picked
        return replace(picked, category="rumour", because=("hearsay",), triage=False)
    if danger := _match(_DANGERS, reading):
        category, because = danger
        if given.category in ("emergency", "violence"):
            category = given.category
        return _Candidate(category, because, inferred=category != given.category)
    if picked.category in POLICE_ONLY or picked.category in ("fundraising", *_HEARSAY):
        return picked
    # Outreach mentions the frauds and thefts that it warned of.
    outreach = picked.category == "outreach" and (
        given.category == "outreach" or given.role in ("volunteer", "leader")
    )
    if not outreach and (crime := _match(_CRIMES, reading)):
        return _Candidate(crime[0], crime[1], inferred=True)
    vague = given.category is None and (
        picked.triage or reading.categories.get(picked.category, 0) <= 1
    )
    if vague and "suspicious" in reading.cues:
        return _Candidate("tip", ("suspicious",), inferred=True)
    return picked


def _match(
    kinds: tuple[tuple[Category, tuple[str, ...]], ...], reading: Reading
) -> tuple[Category, tuple[str, ...]] | None:
    for category, names in kinds:
        if matched := tuple(name for name in names if name in reading.cues):
            return category, matched
    return None


def _inferred(reading: Reading, policy: IncidentsPolicy) -> _Candidate:
    """The category with the most matches. Triage where there is none, or a tie between categories
    with different routes."""
    best = max(reading.categories.values(), default=0)
    if best == 0:
        return _Candidate(policy.default_category, inferred=True, triage=True)
    leading: list[Category] = [
        category for category in _PREFERENCE if reading.categories.get(category, 0) == best
    ]
    routes = {policy.category[category].route for category in leading}
    return _Candidate(leading[0], inferred=True, triage=best == 1 and len(routes) > 1)


def _route(
    category: Category, given: RoutingInput, reading: Reading, policy: IncidentsPolicy
) -> tuple[Route, tuple[str, ...]]:
    """The route, and the cues that changed it from the category's default."""
    if category in POLICE_ONLY:
        return "police", ()
    if _is_finished(category, given, reading):
        return "log", ("finished",)
    if category == "hazard":
        if "secured" in reading.cues:
            return "committee", ("secured",)
        if acute := tuple(name for name in ("exposed", "live_danger") if name in reading.cues):
            return "volunteers", acute
    elif escalating := _escalating(category, reading, policy):
        return "police", escalating
    default = policy.category[category].route
    # Only volunteers write the log; outreach that others report goes to the committee.
    return ("committee" if default == "log" else default), ()


def _escalating(category: Category, reading: Reading, policy: IncidentsPolicy) -> tuple[str, ...]:
    """The cues that make a quarrel a matter for the police: a threat, damage or a crowd."""
    if category in ("outreach", "rumour"):
        return ()
    found = [
        name for name in ("threat", "damage") if name in reading.cues and category != "environment"
    ]
    crowd = "crowd" in reading.cues or reading.max_people >= policy.crowd_people
    if crowd and (
        category == "dispute" or (category != "checkpoint" and "quarrel" in reading.cues)
    ):
        found.append("crowd")
    return tuple(found)


def _is_finished(category: Category, given: RoutingInput, reading: Reading) -> bool:
    if given.role not in ("volunteer", "leader"):
        return False
    if given.finished or category == "outreach":
        return True
    return category in _FINISHED_BY_WORDS and "done" in reading.cues


def _skills(
    category: Category, route: Route, reading: Reading, default: tuple[Skill, ...]
) -> tuple[Skill, ...]:
    skills = set(default) | (reading.skills & set(_SKILLS_BY_WORDS.get(category, ())))
    if category == "hazard" and route == "volunteers" and "fire_load" in reading.cues:
        skills.add("fire-safety")
    return tuple(skill for skill in values_of(Skill) if skill in skills)


def _people(
    category: Category,
    route: Route,
    given: RoutingInput,
    reading: Reading,
    policy: IncidentsPolicy,
    now: datetime,
) -> int:
    """The reporter's own number counts at checkpoints only: nobody but an officer may call twenty
    people to anything else."""
    people = policy.category[category].people
    if category == "checkpoint":
        people = given.people_needed or people_asked(given.text) or people
    if category == "assistance" and "first-aid" in reading.skills:
        people = max(people, 2)
    if route == "volunteers" and is_night(now, policy.night_from_hour, policy.night_until_hour):
        people = max(people, policy.night_people)
    return people

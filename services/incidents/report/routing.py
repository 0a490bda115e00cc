"""Who answers a report: by category, by who reports, and by what the words say. Pure; the table is
in `policy.toml`.

Danger goes before everything: words that clearly tell of fire, injury, weapons or a fight are the
police's whatever category was picked. Only then the table, and what near the matter changes it.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from contracts.vocabulary import Category, Role, Route, Skill, Urgency, values_of
from services.incidents.report.cues import Reading, people_asked, read
from services.incidents.report.policy import Rules

POLICE_ONLY: frozenset[Category] = frozenset(
    {"fraud", "theft", "violence", "drugs", "tip", "missing", "emergency"}
)
"""Violence, crime and emergencies: the police's."""
NEVER_VOLUNTEERS: frozenset[Category] = POLICE_ONLY - {"missing"}
"""Not even an officer can send volunteers there; to a search for a lost person they can."""
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
_SAID_BY_OTHERS: frozenset[Category] = frozenset({"rumour"})
_FINISHED_IF_DONE: frozenset[Category] = frozenset(
    {"traffic", "nuisance", "dispute", "assistance", "escort", "checkpoint", "outreach"}
)
"""Matters that a volunteer's words can tell to be over; a hazard that was found is not mended by
being found."""
_SKILLS_BY_WORDS: dict[Category, tuple[Skill, ...]] = {
    "traffic": ("traffic",),
    "hazard": ("care",),
    "assistance": ("e-service", "care", "first-aid"),
}
# Equal signs: the one that is more specific, then the one that harms less if it is wrong.
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


@dataclass(frozen=True)
class Asked:
    """What routing looks at. `category` None: not said. `finished`: a volunteer says that it is
    over."""

    text: str
    category: Category | None
    role: Role
    finished: bool = False
    people_needed: int | None = None


@dataclass(frozen=True)
class Ruling:
    """What the rules say. `because` names the cues that mattered; `danger`: no volunteer may ever
    go there.

    `inferred`: the category comes from the words; `triage`: an officer should look, since they did
    not tell clearly.
    """

    category: Category
    route: Route
    urgency: Urgency
    skills: tuple[Skill, ...]
    people_needed: int
    because: tuple[str, ...]
    inferred: bool
    triage: bool
    danger: bool
    police_told: bool
    rules_version: str


@dataclass(frozen=True)
class _Matter:
    category: Category
    because: tuple[str, ...] = ()
    inferred: bool = False
    triage: bool = False


def route(asked: Asked, rules: Rules, now: datetime) -> Ruling:
    """The ruling under these rules. The time matters for the night: then two or more go."""
    reading = read(asked.text)
    matter = _matter(asked, reading, rules)
    rule = rules.category[matter.category]
    way, reasons = _way(matter.category, asked, reading, rules)
    urgency: Urgency = "urgent" if way == "police" else rule.urgency
    because = tuple(dict.fromkeys((*matter.because, *reasons)))
    return Ruling(
        category=matter.category,
        route=way,
        urgency=urgency,
        skills=() if way == "log" else _skills(matter.category, way, reading, rule.skills),
        people_needed=_people(matter.category, way, asked, reading, rules, now),
        because=because,
        inferred=matter.inferred,
        triage=matter.triage,
        danger=matter.category in ("violence", "emergency") or bool(_found(_DANGERS, reading)),
        police_told=rule.police_told and way != "police",
        rules_version=rules.version,
    )


def _matter(asked: Asked, reading: Reading, rules: Rules) -> _Matter:
    hearsay = "hearsay" in reading.cues and (
        asked.category in (None, *_SAID_BY_OTHERS) or "told" in reading.cues
    )
    given = _Matter(asked.category) if asked.category else _inferred(reading, rules)
    if hearsay:
        return (
            given
            if asked.category
            else replace(given, category="rumour", because=("hearsay",), triage=False)
        )
    if danger := _found(_DANGERS, reading):
        category, because = danger
        if asked.category in ("emergency", "violence"):
            category = asked.category
        return _Matter(category, because, inferred=category != asked.category)
    if given.category in POLICE_ONLY or given.category in ("fundraising", *_SAID_BY_OTHERS):
        return given
    # Outreach tells of the frauds and thefts that it warned of.
    warned = given.category == "outreach" and (
        asked.category == "outreach" or asked.role in ("volunteer", "leader")
    )
    if not warned and (crime := _found(_CRIMES, reading)):
        return _Matter(crime[0], crime[1], inferred=True)
    vague = asked.category is None and (given.triage or reading.about.get(given.category, 0) <= 1)
    if vague and "suspicious" in reading.cues:
        return _Matter("tip", ("suspicious",), inferred=True)
    return given


def _found(
    kinds: tuple[tuple[Category, tuple[str, ...]], ...], reading: Reading
) -> tuple[Category, tuple[str, ...]] | None:
    for category, names in kinds:
        if there := tuple(name for name in names if name in reading.cues):
            return category, there
    return None


def _inferred(reading: Reading, rules: Rules) -> _Matter:
    """The category with the most signs. None, or two that would be answered by others: for an
    officer to look at."""
    best = max(reading.about.values(), default=0)
    if best == 0:
        return _Matter(rules.triage_category, inferred=True, triage=True)
    leading: list[Category] = [
        category for category in _PREFERENCE if reading.about.get(category, 0) == best
    ]
    routes = {rules.category[category].route for category in leading}
    return _Matter(leading[0], inferred=True, triage=best == 1 and len(routes) > 1)


def _way(
    category: Category, asked: Asked, reading: Reading, rules: Rules
) -> tuple[Route, tuple[str, ...]]:
    """The route, and the cues that changed it from the table's."""
    if category in POLICE_ONLY:
        return "police", ()
    cues = reading.cues
    if _is_finished(category, asked, reading):
        return "log", ("finished",)
    if category != "hazard":
        worse = [
            name
            for name in ("threat", "damage")
            if name in cues and category not in ("rumour", "environment")
        ]
        crowd = "crowd" in cues or reading.most_people >= rules.crowd_from
        if crowd and (category == "dispute" or (category != "checkpoint" and "quarrel" in cues)):
            worse.append("crowd")
        if worse and category not in ("outreach", "rumour"):
            return "police", tuple(worse)
    if category == "hazard":
        if "secured" in cues:
            return "committee", ("secured",)
        if acute := tuple(name for name in ("exposed", "live_danger") if name in cues):
            return "volunteers", acute
    default = rules.category[category].route
    # Only a volunteer's own work goes to the log book; others who write of outreach are heard by
    # the committee.
    return ("committee" if default == "log" else default), ()


def _is_finished(category: Category, asked: Asked, reading: Reading) -> bool:
    if asked.role not in ("volunteer", "leader"):
        return False
    if asked.finished or category == "outreach":
        return True
    return category in _FINISHED_IF_DONE and "done" in reading.cues


def _skills(
    category: Category, way: Route, reading: Reading, default: tuple[Skill, ...]
) -> tuple[Skill, ...]:
    wanted = set(default) | (reading.skills & set(_SKILLS_BY_WORDS.get(category, ())))
    if category == "hazard" and way == "volunteers" and "fire_load" in reading.cues:
        wanted.add("fire-safety")
    return tuple(skill for skill in values_of(Skill) if skill in wanted)


def _people(
    category: Category, way: Route, asked: Asked, reading: Reading, rules: Rules, now: datetime
) -> int:
    """As asked for at a checkpoint only: elsewhere nobody sends for twenty people but an
    officer."""
    people = rules.category[category].people
    if category == "checkpoint":
        people = asked.people_needed or people_asked(asked.text) or people
    if category == "assistance" and "first-aid" in reading.skills:
        people = max(people, 2)
    return (
        max(people, rules.night_people) if way == "volunteers" and rules.is_night(now) else people
    )

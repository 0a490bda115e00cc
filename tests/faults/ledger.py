"""Holds the platform to its word: what was answered 2xx is in the store, the store's facts are on
the topics, each effect happened once. Pure: `problems` names everything that does not hold;
`balance` waits until there is nothing left to do and fails with what it names.
"""

import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from chassis.domain import derived_id
from services.dispatch.policy import POLICIES
from services.dispatch.service_record.domain import Evidence, credited_minutes
from tests.faults.books import Books, Reader
from tests.faults.ground import Ground
from tests.faults.record import Record
from tests.support.waiting import eventually

DRAINED_S = 60.0
"""How long the backlog may take once every part is there again."""
_SHOWN = 12
SHOWN_VERBS = {
    "report": "reports",
    "account": "accounts",
    "accept": "acceptances",
    "finish": "finished",
}
BALANCED: list[str] = []
"""What was held right, for the summary at the end."""


async def balance(ground: Ground) -> Books:
    """Waits until the platform is whole and has nothing left to do; then the books must be
    right."""
    began = time.monotonic()
    await ground.whole()
    whole = time.monotonic() - began
    reader = Reader(ground.addresses)
    while True:
        await _drained(reader)
        before = await reader.ends()
        books = await reader.read()
        if (
            await reader.ends() == before and not await reader.quiet()
        ):  # else something was told in between
            break
    found = list(problems(books, ground.record))
    shown = "\n".join(found[:_SHOWN])
    assert not found, f"{len(found)} things do not hold:\n{shown}"
    BALANCED.append(_summary(books, ground.record, whole, time.monotonic() - began))
    return books


def _summary(books: Books, record: Record, whole: float, drained: float) -> str:
    test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0].rpartition("::")[2]
    done = ", ".join(f"{record.count(verb)} {noun}" for verb, noun in SHOWN_VERBS.items())
    away = (
        sum(times for status, times in record.statuses().items() if status >= 500)
        + record.broken.total()
    )
    events = len(books.facts) - books.repeats
    return (
        f"{test}\n    whole after {whole:.1f} s, balanced after {drained:.1f} s; so far {done}; "
        f"{away} requests "
        f"sent again; {events} events, {books.repeats} of them twice on a topic; none lost, "
        f"none doubled"
    )


async def _drained(reader: Reader) -> None:
    left = "not looked yet"

    async def done() -> bool:
        nonlocal left
        left = await reader.quiet()
        return not left

    try:
        await eventually(done, within=DRAINED_S)
    except AssertionError:
        raise AssertionError(f"not drained within {DRAINED_S} s: {left}") from None


def problems(books: Books, record: Record) -> Iterator[str]:
    """Everything that does not hold, in words."""
    yield from _answers(record)
    yield from _kept(books, record)
    yield from _told(books)
    yield from _call_outs(books)
    yield from _messages(books)
    yield from _outcomes(books)
    yield from _hours(books)
    yield from _tallies(books)
    yield from books.letters


def _answers(record: Record) -> Iterator[str]:
    for key in record.differing():
        yield f"one key, several ids: {key}"
    for key, verb in record.waiting.items():
        yield f"never answered: {verb} {key}"
    for (verb, status), times in record.answers.items():
        if status in (401, 500):
            yield f"{verb} answered {times} times {status}"


def _kept(books: Books, record: Record) -> Iterator[str]:
    """L is in the store, with its facts; and nobody has more reports than they filed."""
    reports, accounts = books.aggregates["reports"], books.aggregates["accounts"]
    for id in record.of("report") - reports.keys():
        yield f"report lost: {id}"
    for id in reports.keys() - record.of("report"):
        yield f"report that nobody was told of: {id}"
    for id in record.of("account") - accounts.keys():
        yield f"account lost: {id}"
    for verb, type_, name in (
        ("accept", "CalloutAccepted", "callout"),
        ("finish", "VolunteerFinished", "callout"),
        ("acknowledge", "MessageAcknowledged", "message"),
    ):
        told = Counter(_subject(fact.data, name) for fact in books.of(type_))
        for id in record.of(verb):
            if told[id] != 1:
                yield f"{type_} of {id} told {told[id]} times"


def _subject(data: Mapping[str, Any], name: str) -> str:
    return data[name] if name == "message" else f"{data[name]}/{data['volunteer']}"


def _told(books: Books) -> Iterator[str]:
    """Every event of every aggregate is on its topic: without a gap, in order once repeats are seen
    through."""
    order: dict[tuple[str, str], list[int]] = defaultdict(list)
    for fact in books.facts:
        seqs = order[fact.kind, fact.envelope.aggregate]
        if fact.envelope.seq not in seqs:
            seqs.append(fact.envelope.seq)
    for kind, documents in books.aggregates.items():
        for id, document in documents.items():
            if document["outbox"]:
                yield f"{kind} {id}: unpublished"
            if order[kind, id] != list(range(1, document["seq"] + 1)):
                yield (
                    f"{kind} {id}: {document['seq']} events in the store, on the topic "
                    f"{order[kind, id]}"
                )
    for kind, id in order:
        if id not in books.aggregates[kind]:
            yield f"{kind} {id}: on the topic, not in the store"


def _call_outs(books: Books) -> Iterator[str]:
    """One for each round of a report that was routed to volunteers; nobody called twice, no place
    given twice."""
    reports, callouts = books.aggregates["reports"], books.aggregates["callouts"]
    opened = Counter((f.data["report"], f.data["round"]) for f in books.of("CalloutOpened"))
    routed = [f for f in books.of("ReportRouted") if f.data["route"] == "volunteers"]
    for fact in routed:
        report, round_ = fact.data["report"], fact.data["round"]
        if opened[report, round_] != 1 or derived_id("cal", report, str(round_)) not in callouts:
            yield f"report {report} round {round_}: {opened[report, round_]} call-outs"
        if reports[report]["state"] == "routed":
            yield f"report {report} never heard of its call-out"
    if len(callouts) != len(routed):
        yield f"{len(callouts)} call-outs for {len(routed)} routes"
    for report in reports.keys() - {f.data["report"] for f in books.of("ReportRouted")}:
        yield f"report without a route: {report}"
    for id, callout in callouts.items():
        coming = [
            c
            for c in callout["candidates"]
            if c["accepted_at"] and c["state"] not in ("withdrew", "stood_down")
        ]
        if len(coming) > callout["people_needed"]:
            yield f"call-out {id}: {len(coming)} accepted, {callout['people_needed']} needed"
    calls = Counter((f.data["callout"], f.data["volunteer"]) for f in books.of("VolunteerCalled"))
    for (id, volunteer), times in calls.items():
        if times != 1:
            yield f"{volunteer} called {times} times to {id}"


def _messages(books: Books) -> Iterator[str]:
    """One alert for each call, and one word to the reporter when the matter is dealt with."""
    messages = books.aggregates["messages"]
    for kind, type_, who in (
        ("alert", "VolunteerCalled", "volunteer"),
        ("outcome", "ReportResolved", "reporter"),
    ):
        due = {
            derived_id("msg", f.envelope.id, f.data[who]) for f in books.of(type_) if f.data[who]
        }
        there = {id for id, message in messages.items() if message["kind"] == kind}
        for id in due - there:
            yield f"{kind} lost: {id}"
        for id in there - due:
            yield f"{kind} without a cause: {id}"


def _outcomes(books: Books) -> Iterator[str]:
    """What volunteers finished has come home to its report."""
    resolved = Counter(f.data["report"] for f in books.of("ReportResolved"))
    for fact in books.of("CalloutDone"):
        if fact.data["outcome"] == "solved" and resolved[fact.data["report"]] != 1:
            yield f"report {fact.data['report']} resolved {resolved[fact.data['report']]} times"


def _hours(books: Books) -> Iterator[str]:
    """Each piece of work is counted once, and the minutes are its minutes."""
    finished = {
        f.envelope.id for f in books.of("VolunteerFinished") if f.data["since"] != f.data["until"]
    }
    counted: Counter[str] = Counter()
    for id, record in books.aggregates["service_records"].items():
        evidence = [Evidence.model_validate(piece) for piece in record["evidence"]]
        counted.update(piece.id for piece in evidence)
        minutes = credited_minutes(evidence, record["day"], POLICIES.of(record["policy"]))
        if minutes != record["minutes"]:
            yield f"hours {id}: {record['minutes']} minutes, by the evidence {minutes}"
    for id in finished - counted.keys():
        yield f"work not counted: {id}"
    for id, times in counted.items():
        if times > 2 or id not in finished:  # twice: over midnight
            yield f"work counted {times} times: {id}"


def _tallies(books: Books) -> Iterator[str]:
    """How often each was asked and said yes is a count: what is applied twice shows here."""
    yes = Counter(f.data["volunteer"] for f in books.of("CalloutAccepted"))
    no = Counter(f.data["volunteer"] for f in books.of("CalloutDeclined", "CallTimedOut"))
    for id, responder in books.aggregates["responders"].items():
        tally = responder["answers"].get("all", {"asked": 0, "accepted": 0})
        if (tally["asked"], tally["accepted"]) != (yes[id] + no[id], yes[id]):
            yield f"responder {id}: {tally}, told {yes[id]} times yes and {no[id]} times no"

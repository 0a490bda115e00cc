"""Checks every promise: what was answered 2xx is in the store, the store's facts are on the topics,
and each effect happened once.

`problems` is pure and names everything that is wrong; `balance` waits until nothing is left to do,
and fails with what it names.
"""

import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from chassis.domain import derived_id
from services.dispatch.policy import POLICIES
from services.dispatch.service_record.domain import Evidence, credited_minutes
from tests.faults.client_log import ClientLog
from tests.faults.observed_state import ObservedState, StateReader
from tests.faults.platform import FaultPlatform
from tests.support.readers import without_reader
from tests.support.waiting import eventually

DRAINED_S = 60.0
"""How long the backlog may take once every part works again."""
_SHOWN = 12
SHOWN_VERBS = {
    "report": "reports",
    "account": "accounts",
    "accept": "acceptances",
    "finish": "finished",
}
BALANCED: list[str] = []
"""A line for each balanced test, for the summary."""


async def balance(platform: FaultPlatform) -> ObservedState:
    """Wait until the platform has recovered and nothing is left to do; then find no problem."""
    began = time.monotonic()
    await platform.recovered()
    recovery = time.monotonic() - began
    reader = StateReader(platform.addresses)
    while True:
        await _drained(reader)
        before = await reader.ends()
        state = await reader.read()
        # Otherwise something was published in between.
        if await reader.ends() == before and not await reader.backlog():
            break
    found = list(problems(state, platform.client_log))
    shown = "\n".join(found[:_SHOWN])
    assert not found, f"{len(found)} problems:\n{shown}"
    BALANCED.append(_summary(state, platform.client_log, recovery, time.monotonic() - began))
    return state


def _summary(state: ObservedState, log: ClientLog, recovery: float, total: float) -> str:
    test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0].rpartition("::")[2]
    done = ", ".join(f"{log.count(verb)} {noun}" for verb, noun in SHOWN_VERBS.items())
    retried = (
        sum(times for status, times in log.statuses().items() if status >= 500) + log.broken.total()
    )
    events = len(state.facts) - state.repeats
    return (
        f"{test}\n    recovered after {recovery:.1f} s, balanced after {total:.1f} s; {done}; "
        f"{retried} requests retried; {events} events, {state.repeats} of them twice on a topic; "
        f"none lost, none applied twice"
    )


async def _drained(reader: StateReader) -> None:
    left = "not read yet"

    async def done() -> bool:
        nonlocal left
        left = await reader.backlog()
        return not left

    try:
        await eventually(done, within=DRAINED_S)
    except AssertionError:
        raise AssertionError(f"not drained within {DRAINED_S} s: {left}") from None


def problems(state: ObservedState, log: ClientLog) -> Iterator[str]:
    """Everything that is wrong, in words."""
    yield from _answers(log)
    yield from _stored(state, log)
    yield from _published(state)
    yield from _call_outs(state)
    yield from _messages(state)
    yield from _outcomes(state)
    yield from _hours(state)
    yield from _tallies(state)
    yield from _readers(state)
    yield from state.dead_letters


def _answers(log: ClientLog) -> Iterator[str]:
    for key in log.ambiguous():
        yield f"one key, several ids: {key}"
    for key, verb in log.unanswered.items():
        yield f"never answered: {verb} {key}"
    for (verb, status), times in log.answers.items():
        if status in (401, 500):
            yield f"{verb} answered {times} times {status}"


def _stored(state: ObservedState, log: ClientLog) -> Iterator[str]:
    """What was acknowledged is stored, with its facts; and there are no other reports."""
    reports, accounts = state.aggregates["reports"], state.aggregates["accounts"]
    for id in log.ids("report") - reports.keys():
        yield f"report lost: {id}"
    for id in reports.keys() - log.ids("report"):
        yield f"report without acknowledgement: {id}"
    for id in log.ids("account") - accounts.keys():
        yield f"account lost: {id}"
    for verb, type_, name in (
        ("accept", "CalloutAccepted", "callout"),
        ("finish", "VolunteerFinished", "callout"),
        ("acknowledge", "MessageAcknowledged", "message"),
    ):
        published = Counter(_subject(fact.data, name) for fact in state.of(type_))
        for id in log.ids(verb):
            if published[id] != 1:
                yield f"{type_} of {id} published {published[id]} times"


def _subject(data: Mapping[str, Any], name: str) -> str:
    return data[name] if name == "message" else f"{data[name]}/{data['volunteer']}"


def _published(state: ObservedState) -> Iterator[str]:
    """Every event of every aggregate is on its topic: no gap and, repeats aside, in order."""
    order: dict[tuple[str, str], list[int]] = defaultdict(list)
    for fact in state.facts:
        seqs = order[fact.kind, fact.envelope.aggregate]
        if fact.envelope.seq not in seqs:
            seqs.append(fact.envelope.seq)
    for kind, documents in state.aggregates.items():
        for id, document in documents.items():
            if document["outbox"]:
                yield f"{kind} {id}: unpublished"
            if order[kind, id] != list(range(1, document["seq"] + 1)):
                yield (
                    f"{kind} {id}: {document['seq']} events in the store, on the topic "
                    f"{order[kind, id]}"
                )
    for kind, id in order:
        if id not in state.aggregates[kind]:
            yield f"{kind} {id}: on the topic, not in the store"


def _call_outs(state: ObservedState) -> Iterator[str]:
    """One for each round of a report that was routed to volunteers; whoever is called again is by a
    decision that the call-out knows, and no more accept than are needed."""
    reports, callouts = state.aggregates["reports"], state.aggregates["callouts"]
    opened = Counter((f.data["report"], f.data["round"]) for f in state.of("CalloutOpened"))
    routed = [f for f in state.of("ReportRouted") if f.data["route"] == "volunteers"]
    for fact in routed:
        report, round_ = fact.data["report"], fact.data["round"]
        if opened[report, round_] != 1 or derived_id("cal", report, str(round_)) not in callouts:
            yield f"report {report} round {round_}: {opened[report, round_]} call-outs"
        if reports[report]["state"] == "routed":
            yield f"report {report} does not know its call-out"
    if len(callouts) != len(routed):
        yield f"{len(callouts)} call-outs for {len(routed)} routes"
    led = {f.data["report"] for kind in ("ReportRouted", "ReportReferred") for f in state.of(kind)}
    for report in reports.keys() - led:
        yield f"report without a route: {report}"
    for id, callout in callouts.items():
        accepted = [
            c
            for c in callout["candidates"]
            if c["accepted_at"] and c["state"] not in ("withdrew", "stood_down")
        ]
        if len(accepted) > callout["people_needed"]:
            yield f"call-out {id}: {len(accepted)} accepted, {callout['people_needed']} needed"
    calls = Counter(
        (f.data["callout"], one["volunteer"])
        for f in state.of("WaveCalled")
        for one in f.data["called"]
    )
    known = {
        (id, c["volunteer"]): 1 + len(c.get("earlier", ()))
        for id, callout in callouts.items()
        for c in callout["candidates"]
    }
    for (id, volunteer), times in calls.items():
        if times != known.get((id, volunteer)):
            yield f"{volunteer} called {times} times to {id}"


def _messages(state: ObservedState) -> Iterator[str]:
    """One message for each wave, to all who are called, and one to the reporter for each
    outcome."""
    called = {
        (derived_id("msg", f.envelope.id), one["volunteer"])
        for f in state.of("WaveCalled")
        for one in f.data["called"]
    }
    resolved = {
        (derived_id("msg", f.envelope.id), f.data["reporter"])
        for f in state.of("ReportResolved")
        if f.data["reporter"]
    }
    for kind, due in (("alert", called), ("outcome", resolved)):
        there = {
            (id, one["account"])
            for id, message in state.aggregates["messages"].items()
            if message["kind"] == kind
            for one in message["recipients"]
        }
        for id, account in due - there:
            yield f"{kind} lost: {id} to {account}"
        for id, account in there - due:
            yield f"{kind} without a cause: {id} to {account}"


def _readers(state: ObservedState) -> Iterator[str]:
    """Somebody who can act was told of each open report."""
    messages = state.aggregates["messages"].values()
    yield from (line for _, line in without_reader(state.aggregates["reports"], messages))


def _outcomes(state: ObservedState) -> Iterator[str]:
    """A solved call-out resolves its report once, unless the reporter took it back meanwhile."""
    resolved = Counter(f.data["report"] for f in state.of("ReportResolved"))
    withdrawn = {f.data["report"] for f in state.of("ReportWithdrawn")}
    for fact in state.of("CalloutDone"):
        if fact.data["report"] in withdrawn:
            continue
        if fact.data["outcome"] == "solved" and resolved[fact.data["report"]] != 1:
            yield f"report {fact.data['report']} resolved {resolved[fact.data['report']]} times"


def _hours(state: ObservedState) -> Iterator[str]:
    """Each piece of work is counted once, and the minutes follow from the evidence."""
    finished = {
        f.envelope.id for f in state.of("VolunteerFinished") if f.data["since"] != f.data["until"]
    }
    counted: Counter[str] = Counter()
    for id, record in state.aggregates["service_records"].items():
        evidence = [Evidence.model_validate(piece) for piece in record["evidence"]]
        counted.update(piece.id for piece in evidence)
        minutes = credited_minutes(evidence, record["day"], POLICIES.of(record["policy"]))
        if minutes != record["minutes"]:
            yield f"hours {id}: {record['minutes']} minutes, by the evidence {minutes}"
    for id in finished - counted.keys():
        yield f"work not counted: {id}"
    for id, times in counted.items():
        if times > 2 or id not in finished:  # twice: over midnight, or close to it
            yield f"work counted {times} times: {id}"


def _tallies(state: ObservedState) -> Iterator[str]:
    """Answers are counted: an event that is applied twice shows here."""
    accepted = Counter(f.data["volunteer"] for f in state.of("CalloutAccepted"))
    not_accepted = Counter(f.data["volunteer"] for f in state.of("CalloutDeclined"))
    not_accepted.update(v for f in state.of("WaveLapsed") for v in f.data["volunteers"])
    for id, responder in state.aggregates["responders"].items():
        tally = responder["answers"].get("all", {"asked": 0, "accepted": 0})
        answers = tally["asked"], tally.get("accepted", 0)
        if answers != (accepted[id] + not_accepted[id], accepted[id]):
            yield f"responder {id}: {tally}, but {accepted[id]} accepted, {not_accepted[id]} not"

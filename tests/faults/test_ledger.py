"""The ledger finds every kind of problem, and none in a correct state."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.domain import derived_id
from contracts.envelope import Envelope
from tests.faults.client_log import ClientLog
from tests.faults.ledger import problems
from tests.faults.observed_state import Fact, ObservedState

NOW = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)
REPORT, VOLUNTEER = "rep_1", "acc_v"
CALLOUT = derived_id("cal", REPORT, "1")
WORK = {"since": NOW.isoformat(), "until": (NOW + timedelta(minutes=12)).isoformat()}
RESOLVED = {
    "state": "resolved",
    "round": 1,
    "referral": None,
    "reporter": "acc_r",
    "turns": {"station": None, "committee": None},
}
_ABOUT = {"report": REPORT, "callout": CALLOUT, "round": 1}
_PUBLISHED: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("reports", REPORT, "ReportFiled", {"report": REPORT}),
    ("reports", REPORT, "ReportRouted", {"report": REPORT, "round": 1, "route": "volunteers"}),
    ("callouts", CALLOUT, "CalloutOpened", _ABOUT),
    ("callouts", CALLOUT, "WaveCalled", _ABOUT | {"called": [{"volunteer": VOLUNTEER}]}),
    ("callouts", CALLOUT, "CalloutAccepted", _ABOUT | {"volunteer": VOLUNTEER}),
    ("callouts", CALLOUT, "VolunteerFinished", _ABOUT | {"volunteer": VOLUNTEER} | WORK),
    ("callouts", CALLOUT, "CalloutDone", _ABOUT | {"outcome": "solved"}),
    ("reports", REPORT, "ReportResolved", {"report": REPORT, "reporter": "acc_r"}),
    ("accounts", "acc_n", "AccountOpened", {}),
)


class EditableState:
    """A correct state that can be falsified."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.dead_letters: list[str] = []
        for kind, id, type_, data in _PUBLISHED:
            self.publish(kind, id, type_, data)
        self.client_log = ClientLog()
        for verb, id in (
            ("report", REPORT),
            ("account", "acc_n"),
            ("accept", f"{CALLOUT}/{VOLUNTEER}"),
        ):
            self.client_log.acknowledged[verb][f"key of {id}"].add(id)
        evidence = {"id": f"callouts/{CALLOUT}/4", "kind": "callout", "source": CALLOUT, **WORK}
        candidate = {"volunteer": VOLUNTEER, "state": "done", "accepted_at": NOW}
        tally = {"all": {"asked": 1, "accepted": 1}}
        self.aggregates: dict[str, dict[str, Any]] = {
            "reports": {REPORT: _document(3, **RESOLVED)},
            "callouts": {CALLOUT: _document(5, people_needed=1, candidates=[candidate])},
            "accounts": {"acc_n": _document(1)},
            "messages": {
                derived_id("msg", cause): _message(kind, to)
                for cause, kind, to in (
                    (f"callouts/{CALLOUT}/2", "alert", VOLUNTEER),
                    (f"reports/{REPORT}/3", "outcome", "acc_r"),
                )
            },
            "service_records": {
                "srv_1": _document(
                    0, day="2026-05-20", minutes=12, policy="2026-01", evidence=[evidence]
                )
            },
            "responders": {VOLUNTEER: _document(0, answers=tally)},
        }

    def publish(self, kind: str, id: str, type_: str, data: dict[str, Any], seq: int = 0) -> None:
        seq = seq or 1 + sum(
            fact.kind == kind and fact.envelope.aggregate == id for fact in self.facts
        )
        envelope = Envelope(
            id=f"{kind}/{id}/{seq}", type=type_, aggregate=id, seq=seq, at=NOW, data=data
        )
        self.facts.append(Fact("a.topic", 0, len(self.facts), kind, envelope))

    def problems(self) -> list[str]:
        return list(
            problems(
                ObservedState(self.aggregates, tuple(self.facts), tuple(self.dead_letters)),
                self.client_log,
            )
        )

    def duplicate(self, kind: str, **more: Any) -> None:
        """A second document like the first of its kind."""
        first = next(iter(self.aggregates[kind].values()))
        self.aggregates[kind]["another"] = deepcopy(first) | more

    def first(self, kind: str) -> dict[str, Any]:
        return next(iter(self.aggregates[kind].values()))


def _document(seq: int, **more: Any) -> dict[str, Any]:
    return {"seq": seq, "outbox": [], **more}


def _message(kind: str, to: str) -> dict[str, Any]:
    recipient = {"account": to, "held_back": None}
    return _document(0, kind=kind, report=REPORT, data={"round": 1}, recipients=[recipient])


def _refer(state: EditableState) -> None:
    """To somebody on watch who has not acknowledged it."""
    referral = {"why": "overdue", "step": 1, "level": "3701", "acknowledged_at": None}
    state.first("reports").update(state="handed_off", referral=referral)


def test_a_correct_state_has_no_problems_even_with_repeats_on_a_topic() -> None:
    state = EditableState()
    state.facts += state.facts[:5]
    assert state.problems() == []


def _call_twice(state: EditableState) -> None:
    state.publish(
        "callouts", CALLOUT, "WaveCalled", _ABOUT | {"called": [{"volunteer": VOLUNTEER}]}
    )
    state.first("callouts")["seq"] = 6


FALSIFIED: list[tuple[str, Callable[[EditableState], object]]] = [
    ("report lost", lambda s: s.client_log.acknowledged["report"]["another"].add("rep_2")),
    ("account lost", lambda s: s.client_log.acknowledged["account"]["another"].add("acc_2")),
    (
        "one key, several ids",
        lambda s: s.client_log.acknowledged["report"][f"key of {REPORT}"].add("rep_2"),
    ),
    ("report without acknowledgement", lambda s: s.duplicate("reports")),
    ("never answered", lambda s: s.client_log.unanswered.update({"a key": "report"})),
    ("report answered 1 times 500", lambda s: s.client_log.answers.update([("report", 500)])),
    (
        "published 0 times",
        lambda s: s.client_log.acknowledged["accept"]["another"].add(f"{CALLOUT}/acc_2"),
    ),
    ("unpublished", lambda s: s.first("reports")["outbox"].append({})),
    ("on the topic [1, 2]", lambda s: s.facts.pop(-2)),
    ("on the topic [2, 1", lambda s: s.facts.insert(0, s.facts.pop(1))),
    (
        "not in the store",
        lambda s: s.publish("reports", "rep_2", "ReportFiled", {"report": "rep_2"}),
    ),
    ("report without a route", lambda s: s.facts.pop(1)),
    ("0 call-outs", lambda s: s.facts.pop(2)),
    ("2 call-outs for 1 routes", lambda s: s.duplicate("callouts")),
    ("does not know its call-out", lambda s: s.first("reports").update(state="routed")),
    ("1 accepted, 0 needed", lambda s: s.first("callouts").update(people_needed=0)),
    ("called 2 times", _call_twice),
    ("alert lost", lambda s: s.aggregates["messages"].pop(next(iter(s.aggregates["messages"])))),
    ("alert without a cause", lambda s: s.duplicate("messages")),
    ("resolved 0 times", lambda s: s.facts.pop(-2)),
    (
        "work counted 4 times",
        lambda s: s.first("service_records")["evidence"].extend(
            s.first("service_records")["evidence"] * 3
        ),
    ),
    ("work not counted", lambda s: s.first("service_records").update(evidence=[], minutes=0)),
    ("24 minutes, by the evidence 12", lambda s: s.first("service_records").update(minutes=24)),
    ("1 accepted, 0 not", lambda s: s.first("responders")["answers"]["all"].update(asked=2)),
    ("handed_off, overdue asked of 3701", _refer),
    (
        "without a reader: resolved",
        lambda s: s.aggregates["messages"].pop(next(reversed(s.aggregates["messages"]))),
    ),
    ("without a reader: filed", lambda s: s.first("reports").update(state="filed")),
    ("dead-lettered", lambda s: s.dead_letters.append("ReportRouted dead-lettered")),
]


@pytest.mark.parametrize(("found", "falsify"), FALSIFIED, ids=[found for found, _ in FALSIFIED])
def test_a_falsified_state_is_found(found: str, falsify: Callable[[EditableState], object]) -> None:
    state = EditableState()
    falsify(state)
    assert any(found in problem for problem in state.problems()), state.problems()

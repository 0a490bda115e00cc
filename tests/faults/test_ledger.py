"""The ledger finds what it is there to find: one right set of books, and each way in which they can
be wrong."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.domain import derived_id
from contracts.envelope import Envelope
from tests.faults.books import Books, Fact
from tests.faults.ledger import problems
from tests.faults.record import Record

NOW = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)
REPORT, VOLUNTEER = "rep_1", "acc_v"
CALLOUT = derived_id("cal", REPORT, "1")
WORK = {"since": NOW.isoformat(), "until": (NOW + timedelta(minutes=12)).isoformat()}
_ABOUT = {"report": REPORT, "callout": CALLOUT, "round": 1}
_TOLD: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("reports", REPORT, "ReportFiled", {"report": REPORT}),
    ("reports", REPORT, "ReportRouted", {"report": REPORT, "round": 1, "route": "volunteers"}),
    ("callouts", CALLOUT, "CalloutOpened", _ABOUT),
    ("callouts", CALLOUT, "VolunteerCalled", _ABOUT | {"volunteer": VOLUNTEER}),
    ("callouts", CALLOUT, "CalloutAccepted", _ABOUT | {"volunteer": VOLUNTEER}),
    ("callouts", CALLOUT, "VolunteerFinished", _ABOUT | {"volunteer": VOLUNTEER} | WORK),
    ("callouts", CALLOUT, "CalloutDone", _ABOUT | {"outcome": "solved"}),
    ("reports", REPORT, "ReportResolved", {"report": REPORT, "reporter": "acc_r"}),
    ("accounts", "acc_n", "AccountOpened", {}),
)


class Written:
    """Books that can be falsified."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.letters: list[str] = []
        for kind, id, type_, data in _TOLD:
            self.tell(kind, id, type_, data)
        self.record = Record()
        for verb, id in (
            ("report", REPORT),
            ("account", "acc_n"),
            ("accept", f"{CALLOUT}/{VOLUNTEER}"),
        ):
            self.record.done[verb][f"key of {id}"].add(id)
        evidence = {"id": f"callouts/{CALLOUT}/4", "kind": "callout", "source": CALLOUT, **WORK}
        candidate = {"volunteer": VOLUNTEER, "state": "done", "accepted_at": NOW}
        tally = {"all": {"asked": 1, "accepted": 1}}
        self.aggregates: dict[str, dict[str, Any]] = {
            "reports": {REPORT: _document(3, state="resolved")},
            "callouts": {CALLOUT: _document(5, people_needed=1, candidates=[candidate])},
            "accounts": {"acc_n": _document(1)},
            "messages": {
                derived_id("msg", f"callouts/{CALLOUT}/2", VOLUNTEER): _document(0, kind="alert"),
                derived_id("msg", f"reports/{REPORT}/3", "acc_r"): _document(0, kind="outcome"),
            },
            "service_records": {
                "srv_1": _document(
                    0, day="2026-05-20", minutes=12, policy="2026-01", evidence=[evidence]
                )
            },
            "responders": {VOLUNTEER: _document(0, answers=tally)},
        }

    def tell(self, kind: str, id: str, type_: str, data: dict[str, Any], seq: int = 0) -> None:
        seq = seq or 1 + sum(
            fact.kind == kind and fact.envelope.aggregate == id for fact in self.facts
        )
        envelope = Envelope(
            id=f"{kind}/{id}/{seq}", type=type_, aggregate=id, seq=seq, at=NOW, data=data
        )
        self.facts.append(Fact("a.topic", 0, len(self.facts), kind, envelope))

    def problems(self) -> list[str]:
        return list(
            problems(Books(self.aggregates, tuple(self.facts), tuple(self.letters)), self.record)
        )

    def again(self, kind: str, **more: Any) -> None:
        """A second document like the first of its kind."""
        first = next(iter(self.aggregates[kind].values()))
        self.aggregates[kind]["another"] = deepcopy(first) | more

    def first(self, kind: str) -> dict[str, Any]:
        return next(iter(self.aggregates[kind].values()))


def _document(seq: int, **more: Any) -> dict[str, Any]:
    return {"seq": seq, "outbox": [], **more}


def test_right_books_hold_and_a_repeat_on_a_topic_does_no_harm() -> None:
    books = Written()
    books.facts += books.facts[:5]
    assert books.problems() == []


def _twice_called(books: Written) -> None:
    books.tell("callouts", CALLOUT, "VolunteerCalled", _ABOUT | {"volunteer": VOLUNTEER})
    books.first("callouts")["seq"] = 6


FALSIFIED: list[tuple[str, Callable[[Written], object]]] = [
    ("report lost", lambda b: b.record.done["report"]["another"].add("rep_2")),
    ("account lost", lambda b: b.record.done["account"]["another"].add("acc_2")),
    ("one key, several ids", lambda b: b.record.done["report"][f"key of {REPORT}"].add("rep_2")),
    ("report that nobody was told of", lambda b: b.again("reports")),
    ("never answered", lambda b: b.record.waiting.update({"a key": "report"})),
    ("report answered 1 times 500", lambda b: b.record.answers.update([("report", 500)])),
    ("told 0 times", lambda b: b.record.done["accept"]["another"].add(f"{CALLOUT}/acc_2")),
    ("unpublished", lambda b: b.first("reports")["outbox"].append({})),
    ("on the topic [1, 2]", lambda b: b.facts.pop(-2)),
    ("on the topic [2, 1", lambda b: b.facts.insert(0, b.facts.pop(1))),
    ("not in the store", lambda b: b.tell("reports", "rep_2", "ReportFiled", {"report": "rep_2"})),
    ("report without a route", lambda b: b.facts.pop(1)),
    ("0 call-outs", lambda b: b.facts.pop(2)),
    ("2 call-outs for 1 routes", lambda b: b.again("callouts")),
    ("never heard of its call-out", lambda b: b.first("reports").update(state="routed")),
    ("1 accepted, 0 needed", lambda b: b.first("callouts").update(people_needed=0)),
    ("called 2 times", _twice_called),
    ("alert lost", lambda b: b.aggregates["messages"].pop(next(iter(b.aggregates["messages"])))),
    ("alert without a cause", lambda b: b.again("messages")),
    ("resolved 0 times", lambda b: b.facts.pop(-2)),
    (
        "work counted 4 times",
        lambda b: b.first("service_records")["evidence"].extend(
            b.first("service_records")["evidence"] * 3
        ),
    ),
    ("work not counted", lambda b: b.first("service_records").update(evidence=[], minutes=0)),
    ("24 minutes, by the evidence 12", lambda b: b.first("service_records").update(minutes=24)),
    ("told 1 times yes", lambda b: b.first("responders")["answers"]["all"].update(asked=2)),
    ("put aside", lambda b: b.letters.append("ReportRouted put aside")),
]


@pytest.mark.parametrize(("found", "falsify"), FALSIFIED, ids=[found for found, _ in FALSIFIED])
def test_wrong_books_are_found(found: str, falsify: Callable[[Written], object]) -> None:
    books = Written()
    falsify(books)
    assert any(found in problem for problem in books.problems()), books.problems()

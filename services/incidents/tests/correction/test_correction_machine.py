"""Questions and corrections at any time of a report's life keep its invariants."""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from contracts.vocabulary import Category, values_of
from jinan.coordinates import Point
from services.incidents.correction.domain import Correction, correct
from services.incidents.place.domain import Place
from services.incidents.question.domain import answer, ask
from services.incidents.report.domain.report import Actor
from services.incidents.report.domain.states import OPEN
from services.incidents.tests.report.test_report_machine import LATER, Life
from services.incidents.tests.reports import COMMUNITY, OFFICER, REPORTER, SECRET

POINT = Point(116.942, 36.6695)
PLACES = [
    None,
    Place(POINT, COMMUNITY, "sta_duandian"),
    Place(POINT, "370104009009", "sta_duandian"),
    Place(POINT, "370104010", None),
    Place(Point(117.02, 36.67), "370102001002", None),
]


class CorrectedLife(Life):
    @rule()
    def ask_the_reporter(self) -> None:
        id = f"que_{len(self.report.timeline)}"
        self._do(lambda: ask(self.report, id, SECRET, OFFICER, self.now))

    @rule(text=st.sampled_from(LATER), hours=st.sampled_from([0, 25]))
    def answer_it(self, text: str, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self._do(lambda: answer(self.report, text, REPORTER, self.now))

    @rule(
        place=st.sampled_from(PLACES),
        category=st.sampled_from([None, *values_of(Category)]),
        staffed=st.booleans(),
        actor=st.sampled_from([OFFICER, REPORTER]),
    )
    def put_right(
        self, place: Place | None, category: Category | None, staffed: bool, actor: Actor
    ) -> None:
        judged = category if actor == OFFICER else None
        correction = Correction(place, judged, SECRET, staffed)
        self._do(lambda: correct(self.report, correction, actor, self.now))

    @invariant()
    def no_committee_gets_what_lies_in_no_community(self) -> None:
        if self.report.state == "assigned":
            assert len(self.report.area) == 12

    @invariant()
    def an_open_question_has_an_end(self) -> None:
        if self.report.asked and self.report.question is not None:
            assert self.report.state in {*OPEN, "resolved"}
            assert self.report.due_at is not None
            assert self.report.due_at <= self.report.question.until


CorrectedLife.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestCorrectedLife = CorrectedLife.TestCase

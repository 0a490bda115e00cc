"""What anybody with the number sees."""

from services.incidents.follow_up.api import follow_up_view
from services.incidents.report.domain import decisions, ending
from services.incidents.report.schemas import report_view
from services.incidents.tests.reports import COMMUNITY, OFFICER, REPORTER, SECRET, START, new


def test_a_follow_up_shows_neither_text_nor_place() -> None:
    report = decisions.add_note(new()[0], SECRET, OFFICER, START)[0]
    gone = ending.withdraw(report, SECRET, REPORTER, START)
    assert gone is not None
    shown = follow_up_view(gone[0]).model_dump_json()
    for hidden in (SECRET, "116.9", "36.6", COMMUNITY, "acc_", "rep_1", "sta_"):
        assert hidden not in shown
    assert SECRET in report_view(gone[0], "reporter", START).model_dump_json()

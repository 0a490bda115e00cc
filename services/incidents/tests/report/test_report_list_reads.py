"""A page of a list reads about as many reports as it shows, whatever it is filtered by, and shows
the right ones."""

import secrets
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, cast

import pytest

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.mongo.store import Document, Store
from chassis.personal.keys import PersonKeys
from contracts.vocabulary import Category, Route, values_of
from jinan.areas import covers
from services.incidents.report.domain.access import is_for_committee
from services.incidents.report.domain.report import Report
from services.incidents.report.domain.states import ReportState
from services.incidents.report.store import ReportFilter, Reports
from services.incidents.routing.domain import POLICE_ONLY
from services.incidents.tests.reports import START, new
from tests.support.backend import Backend

pytestmark = pytest.mark.servers
COUNT, LIMIT = 4000, 51
DISTRICT = "370104"
STREETS = tuple(f"{DISTRICT}{n:03d}" for n in range(1, 10))
OPEN = (
    "filed",
    "routed",
    "called",
    "accepted",
    "on_scene",
    "assigned",
    "handed_off",
    "acknowledged",
)
SCOPES = {
    "officer of a district": ReportFilter(areas=(DISTRICT,)),
    "officer of a street": ReportFilter(areas=(STREETS[0],)),
    "officer of five streets": ReportFilter(areas=STREETS[:5]),
    "officer of thirty communities": ReportFilter(
        areas=tuple(f"{street}{n:03d}" for street in STREETS[:5] for n in range(1, 7))
    ),
    "committee": ReportFilter(committee_areas=(DISTRICT,)),
    "officer here, committee there": ReportFilter(areas=STREETS[:2], committee_areas=STREETS[1:5]),
}
FILTERS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "station": {"station": "sta_001"},
    **{state: {"states": (state,)} for state in (*OPEN, "resolved", "closed", "withdrawn")},
    "several states": {"states": ("filed", "handed_off", "resolved")},
    "escalated": {"escalated": True},
    "not escalated": {"escalated": False},
    "days": {"since": START + timedelta(hours=9), "until": START + timedelta(hours=25)},
    "days and state": {"since": START + timedelta(hours=9), "states": ("closed",)},
    **{route: {"route": route} for route in values_of(Route)},
    "category": {"category": "hazard"},
    "triage": {"triage": True},
    "no triage": {"triage": False},
    "state and triage": {"states": ("filed",), "triage": True},
    "state and route": {"states": ("closed",), "route": "committee"},
    "state and category": {"states": ("closed",), "category": "hazard"},
    "route and category": {"route": "volunteers", "category": "dispute"},
    "all": {
        "states": ("closed",),
        "route": "committee",
        "category": "hazard",
        "triage": False,
        "escalated": False,
    },
}


def _report(n: int, random: Random) -> Report:
    street = random.choice(STREETS)
    category: Category = random.choice(values_of(Category))
    if category in POLICE_ONLY and random.random() < 0.6:
        category = "nuisance"  # a quarter is for the police
    routes: tuple[Route, ...] = values_of(Route)
    state = random.choice(OPEN) if random.random() < 0.1 else random.choice(("closed",) * 9 + END)
    return new(at=START)[0].with_(
        id=f"rep_{random.getrandbits(80):020x}",
        number=f"JN-{n}",
        reporter=f"acc_{n % 300}",
        area=f"{street}{random.randrange(1, 9):03d}",
        station=f"sta_{street[-3:]}",
        state=cast(ReportState, state),
        category=category,
        route="police" if category in POLICE_ONLY else random.choice(routes),
        triage=random.choice(("normal", "urgent")) if random.random() < 0.05 else None,
        escalations=("overdue",) if random.random() < 0.05 else (),
        filed_at=START + timedelta(minutes=n // 2),  # two at a time
    )


END = ("resolved", "withdrawn", "not_accepted")


class Filled:
    """The stored reports, and what MongoDB noted of each query."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.reports = Reports(store, PersonKeys(store, "11" * 32))
        random = Random(10)
        self.all = [_report(n, random) for n in range(COUNT)]

    async def fill(self) -> None:
        await self.reports.collection.create_indexes(
            [index for _, indexes in self._store._indexes for index in indexes]  # type: ignore[reportPrivateUsage]
        )
        await self.reports.add_missing([(report, []) for report in self.all], Cause("fill"))

    async def page(
        self, wanted: ReportFilter, after: Report | None
    ) -> tuple[list[str], list[Document]]:
        """Ids of a page, and the profile of the queries that read it."""
        database = self._store.database
        await database.command("profile", 2)
        position = (after.filed_at, after.id) if after else None
        found = await self.reports.newest(wanted, position, LIMIT)
        await database.command("profile", 0)
        noted = await database["system.profile"].find({"command.find": "reports"}).to_list()
        await database.drop_collection("system.profile")
        return [report.id for report in found], noted

    def expected(self, wanted: ReportFilter, after: Report | None) -> list[str]:
        def shown(report: Report) -> bool:
            own = any(covers(area, report.area) for area in wanted.areas)
            committee = any(covers(area, report.area) for area in wanted.committee_areas)
            fields = ("station", "route", "category", "escalated")
            return (
                (not wanted.states or report.state in wanted.states)
                and wanted.triage in (None, report.triage is not None)
                and (wanted.since is None or report.filed_at >= wanted.since)
                and (wanted.until is None or report.filed_at < wanted.until)
                and (own or (committee and is_for_committee(report.route, report.category)))
                and all(getattr(wanted, f) in (None, getattr(report, f)) for f in fields)
                and (after is None or (report.filed_at, report.id) < (after.filed_at, after.id))
            )

        newest = sorted(self.all, key=lambda r: (r.filed_at, r.id), reverse=True)
        return [report.id for report in newest if shown(report)][:LIMIT]


@pytest.fixture(scope="module")
async def filled(backend: Backend) -> AsyncGenerator[Filled]:
    store = Store(backend.mongo_url, f"lists_test_{secrets.token_hex(3)}", Clock())
    one = Filled(store)
    await one.fill()
    yield one
    await store.client.drop_database(store.database.name)
    await store.close()


@pytest.mark.parametrize("filtered", FILTERS)
@pytest.mark.parametrize("scope", SCOPES)
async def test_a_page_reads_about_what_it_shows(filled: Filled, scope: str, filtered: str) -> None:
    wanted = replace(SCOPES[scope], **FILTERS[filtered])
    for after in (None, filled.all[COUNT // 2]):
        found, noted = await filled.page(wanted, after)
        assert found == filled.expected(wanted, after)
        assert sum(query["docsExamined"] for query in noted) <= 3 * LIMIT
        assert not any(query.get("hasSortStage") for query in noted)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("state", ["filed", "called", "assigned", "withdrawn"])
async def test_a_list_of_a_state_passes_no_closed_report(
    filled: Filled, scope: str, state: ReportState
) -> None:
    """Closed ones grow in number for ever."""
    _, noted = await filled.page(replace(SCOPES[scope], states=(state,)), None)
    assert sum(query["keysExamined"] for query in noted) <= 4 * LIMIT


async def test_reports_stored_before_there_were_phases_are_listed(filled: Filled) -> None:
    old = next(report for report in filled.all if report.state == "filed")
    await filled.reports.collection.update_one({"_id": old.id}, {"$unset": {"phase": ""}})
    for wanted in (
        ReportFilter(areas=(old.area,)),
        ReportFilter(areas=(old.area,), states=("filed",)),
    ):
        found = await filled.reports.newest(wanted, None, 1000)
        assert old.id in [report.id for report in found]
    not_its = ReportFilter(areas=(old.area,), states=("closed",))
    assert old.id not in [r.id for r in await filled.reports.newest(not_its, None, 1000)]


async def test_words_are_searched_within_the_days_alone(filled: Filled) -> None:
    day = ReportFilter(areas=(DISTRICT,), since=START, until=START + timedelta(hours=1))
    found, noted = await filled.page(replace(day, words="广场舞"), None)
    assert found == filled.expected(day, None)
    filed_in_that_hour = 120  # their texts are opened; then the page is read
    assert sum(query["docsExamined"] for query in noted) <= filed_in_that_hour + LIMIT
    assert (await filled.page(replace(day, words="广.*舞"), None))[0] == []
    assert (await filled.page(replace(day, words="没有这样的"), None))[0] == []


async def test_when_a_reporter_filed_is_read_from_an_index_alone(filled: Filled) -> None:
    own = [report for report in filled.all if report.reporter == "acc_7"]
    database = filled.reports.collection.database
    await database.command("profile", 2)
    found = await filled.reports.filed_since("acc_7", own[3].filed_at, 5)
    await database.command("profile", 0)
    (query,) = await database["system.profile"].find({"command.find": "reports"}).to_list()
    await database.drop_collection("system.profile")
    assert found == sorted((report.filed_at for report in own[4:]), reverse=True)[:5]
    assert (query["docsExamined"], query["keysExamined"]) == (0, 5)

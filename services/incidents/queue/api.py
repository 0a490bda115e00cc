"""What waits for a person, the most urgent first."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from chassis.domain import Refusal
from chassis.http.dependencies import Now, provided
from chassis.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, from_cursor, page_of, to_cursor
from chassis.http.plain_route import PlainRoute
from chassis.http.schemas import LocalizedText, View
from chassis.identity.guards import Principal, allow
from contracts import ids
from contracts.texts import text
from contracts.vocabulary import Category, Danger, ReferralReason, Route, Urgency
from jinan.areas import AREA_PATTERN
from services.incidents.queue.handlers import QueueHandlers
from services.incidents.queue.store import QueueItem
from services.incidents.report.domain.states import ReportState
from services.incidents.report.domain.turns import WaitsFor, order_of
from services.incidents.routing.domain import Triage

router = APIRouter(prefix="/queue", tags=["queue"], route_class=PlainRoute)
_RANK_DIGITS = 2


class QueueItemView(View):
    """`waiting_s`: seconds since `since`. `why`: the reason why an officer is asked; `level`: the
    area whose watch is asked. `mine`: this person is asked by name, or has acknowledged it.

    While `triage` is set nobody is called, and `category` and `route` are what the rules suggest,
    as sure as `confidence` (0 to 1) says, because of the cues in `because`.
    """

    id: ids.ReportId
    number: str
    waits_for: WaitsFor
    waits_for_text: LocalizedText
    since: datetime
    waiting_s: int
    mine: bool
    why: ReferralReason | None
    level: str | None
    state: ReportState
    state_text: LocalizedText
    triage: Triage | None
    category: Category
    category_text: LocalizedText
    route: Route
    confidence: float
    because: tuple[str, ...]
    urgency: Urgency
    danger: Danger
    area: ids.AreaCode
    station: ids.StationId | None
    filed_at: datetime
    text: str
    has_photo: bool


class QueuePage(Page[QueueItemView]):
    """The most urgent first, then what has waited longest."""


@router.get("", summary="What waits for a person")
async def list_queue(
    who: Annotated[Principal, allow("report.manage")],
    queue: Annotated[QueueHandlers, provided(QueueHandlers)],
    clock: Now,
    mine: Annotated[
        bool, Query(description="only what one is asked by name, or has acknowledged")
    ] = False,
    area: Annotated[str | None, Query(pattern=AREA_PATTERN)] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> QueuePage:
    """Officers: everything within their areas that waits for anybody. Committees: what is assigned
    to them. An item moves when it is dealt with, so a page may show it again."""
    now = clock.now()
    found = await queue.page(who, mine=mine, area=area, after=_position(cursor), limit=limit + 1)
    page, following = page_of(found, limit, _cursor)
    return QueuePage(items=[_view(item, who, now) for item in page], next=following)


def _cursor(item: QueueItem) -> str:
    rank = item.turn.order[:_RANK_DIGITS]
    return to_cursor(item.turn.since, f"{rank}~{item.report.id}")


def _position(cursor: str | None) -> tuple[str, str] | None:
    """(order, id). Raises Refusal for what no page gave."""
    last = from_cursor(cursor)
    if last is None:
        return None
    rank, _, id = last.id.partition("~")
    if len(rank) != _RANK_DIGITS or not (rank.isascii() and rank.isdigit()):
        raise Refusal("cursor_invalid", "query.cursor")
    return order_of(int(rank), last.at), id


def _view(item: QueueItem, who: Principal, now: datetime) -> QueueItemView:
    report, turn = item.report, item.turn
    referral = report.referral
    shared = set(QueueItemView.model_fields) & set(type(report).model_fields)
    return QueueItemView(
        **report.model_dump(include=shared),
        waits_for=turn.waits_for,
        waits_for_text=text(f"waits_for.{turn.waits_for}"),
        since=turn.since,
        waiting_s=max(0, int((now - turn.since).total_seconds())),
        mine=turn.person == who.subject,
        why=referral.why if referral else None,
        level=(referral.level or None) if referral else None,
        state_text=text(f"state.{report.state}"),
        category_text=text(f"category.{report.category}"),
        has_photo=report.photo is not None,
    )

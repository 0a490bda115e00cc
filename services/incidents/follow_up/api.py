"""Following a report by its number, which is all it takes. With the key of an anonymous report, its
reporter also confirms, reopens or withdraws it, answers an officer's question and chooses the
community."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from chassis.http.caller import Caller
from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body, LocalizedText, PartialView, free_text
from chassis.identity.guards import Principal, anyone
from contracts.texts import text
from contracts.vocabulary import Category, Outcome, Route
from jinan.areas import COMMUNITY_PATTERN
from services.incidents.follow_up.handlers import FollowUpHandlers
from services.incidents.report.domain.parts import QuestionState
from services.incidents.report.domain.report import Report
from services.incidents.report.domain.states import ReportEnd, ReportState
from services.incidents.report.schemas import (
    OFFICERS_ONLY,
    QuestionView,
    TimelineEntryView,
    advice,
    question_view,
    state_text,
    timeline_entry_view,
)

Handlers = Annotated[FollowUpHandlers, provided(FollowUpHandlers)]
Number = Annotated[str, Path(max_length=40, examples=["JN-4F7K-2M9Q-X"])]


async def _counted(number: Number, reports: Handlers, caller: Caller) -> None:
    await reports.count_try(number, caller)


router = APIRouter(
    prefix="/follow-ups",
    tags=["follow-ups"],
    route_class=PlainRoute,
    dependencies=[Depends(_counted)],
)
Reader = Annotated[
    Principal | None, anyone("the number is the key; neither text nor place is shown")
]
KeyHolder = Annotated[Principal | None, anyone("the key in the body is the reporter's")]
_NUMBER = ("number_form", "number_check", "too_many")
_KEY = (*_NUMBER, "key_wrong", "wrong_state")


class FollowUpKey(Body):
    """The key that filing an anonymous report gave."""

    key: Annotated[str, Field(min_length=1, max_length=64, examples=["5d1f0c9a3b7e2846f0a1c2d3"])]


class FollowUpReason(FollowUpKey):
    reason: Annotated[str, free_text(500), Field(examples=["问题又出现了"])]


class FollowUpAnswer(FollowUpKey):
    text: Annotated[str, free_text(2000), Field(examples=["3号楼2单元"])]


class FollowUpCommunity(FollowUpKey):
    community: Annotated[str, Field(pattern=COMMUNITY_PATTERN, examples=["370104009008"])]


class FollowUpView(PartialView):
    """What anybody with the number may see. Text, place, photo and notes are no part of it.
    `question_state`: an officer asked the reporter something; the words are for who has the key.
    `advice` is to be shown at once."""

    number: str
    state: ReportState
    state_text: LocalizedText
    route: Route
    category: Category
    category_text: LocalizedText
    round: int
    outcome: Outcome | None
    outcome_text: LocalizedText | None
    end: ReportEnd | None
    filed_at: datetime
    closed_at: datetime | None
    question_state: QuestionState | None
    advice: LocalizedText | None
    timeline: list[TimelineEntryView]


def follow_up_view(report: Report) -> FollowUpView:
    return FollowUpView(
        number=report.number,
        state=report.state,
        state_text=state_text(report),
        route=report.route,
        category=report.category,
        category_text=text(f"category.{report.category}"),
        round=report.round,
        outcome=report.outcome,
        outcome_text=text(f"outcome.{report.outcome}") if report.outcome else None,
        end=report.end,
        filed_at=report.filed_at,
        closed_at=report.closed_at,
        question_state=report.question.state if report.question else None,
        advice=advice(report),
        timeline=[
            timeline_entry_view(entry, readable=False, filer_shown=False)
            for entry in report.timeline
            if entry.what != "noted" and entry.what not in OFFICERS_ONLY
        ],
        hidden=("timeline.reason", "timeline.note", "timeline.area", "timeline.changed"),
    )


@router.get("/{number}", summary="Follow a report", responses=refuses(*_NUMBER))
async def get_follow_up(number: Number, _: Reader, reports: Handlers) -> FollowUpView:
    """Lower case, missing dashes, O for 0 and I for 1 are accepted. A wrong check character is a
    wrong number, not a missing report."""
    return follow_up_view(await reports.read(number))


@router.post("/{number}/confirm", summary="It really is solved", responses=refuses(*_KEY))
async def confirm_follow_up(
    number: Number, body: FollowUpKey, _: KeyHolder, reports: Handlers, cause: RequestCause
) -> FollowUpView:
    """By the anonymous reporter."""
    return follow_up_view(await reports.confirm(number, body.key, cause))


@router.post("/{number}/reopen", summary="It is not solved", responses=refuses(*_KEY))
async def reopen_follow_up(
    number: Number, body: FollowUpReason, _: KeyHolder, reports: Handlers, cause: RequestCause
) -> FollowUpView:
    """By the anonymous reporter."""
    return follow_up_view(await reports.reopen(number, body.key, body.reason, cause))


@router.post("/{number}/withdraw", summary="Withdraw it", responses=refuses(*_KEY, "with_police"))
async def withdraw_follow_up(
    number: Number, body: FollowUpReason, _: KeyHolder, reports: Handlers, cause: RequestCause
) -> FollowUpView:
    """By the anonymous reporter."""
    return follow_up_view(await reports.withdraw(number, body.key, body.reason, cause))


@router.post(
    "/{number}/question",
    summary="Read the officer's question",
    responses=refuses(*_NUMBER, "key_wrong", "no_question"),
)
async def read_follow_up_question(
    number: Number, body: FollowUpKey, _: KeyHolder, reports: Handlers, __: RequestCause
) -> QuestionView:
    """By the anonymous reporter. It changes nothing: the key stands in the body, as everywhere."""
    return question_view(await reports.question(number, body.key))


@router.post(
    "/{number}/answer",
    summary="Answer the officer's question",
    responses=refuses(*_NUMBER, "key_wrong", "no_question", "too_many_notes"),
)
async def answer_follow_up(
    number: Number, body: FollowUpAnswer, _: KeyHolder, reports: Handlers, cause: RequestCause
) -> FollowUpView:
    """By the anonymous reporter. A late answer is kept as a note."""
    return follow_up_view(await reports.answer(number, body.key, body.text, cause))


@router.post(
    "/{number}/community",
    summary="Choose the community",
    responses=refuses(
        *_KEY,
        "nothing_corrected",
        "too_many_corrections",
        "outside_jinan",
        "community_unknown",
        "community_elsewhere",
    ),
)
async def choose_follow_up_community(
    number: Number, body: FollowUpCommunity, _: KeyHolder, reports: Handlers, cause: RequestCause
) -> FollowUpView:
    """By the anonymous reporter, for a report that names none, or the wrong one."""
    return follow_up_view(await reports.choose_community(number, body.key, body.community, cause))

"""A question to the reporter, and the answer."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body, free_text, id_path
from chassis.identity.guards import Principal, allow
from services.incidents.question.handlers import QuestionHandlers
from services.incidents.report.api import shown_to
from services.incidents.report.handlers import ReportHandlers
from services.incidents.report.schemas import ReportView

router = APIRouter(prefix="/reports", tags=["reports"], route_class=PlainRoute)
Questions = Annotated[QuestionHandlers, provided(QuestionHandlers)]
Reports = Annotated[ReportHandlers, provided(ReportHandlers)]
Id = Annotated[str, id_path("rep")]


class AskReporter(Body):
    text: Annotated[str, free_text(500), Field(examples=["是哪个单元门口？"])]


class AnswerQuestion(Body):
    text: Annotated[str, free_text(2000), Field(examples=["3号楼2单元"])]


@router.post(
    "/{id}/questions",
    status_code=201,
    summary="Ask the reporter",
    responses=refuses("wrong_state", "question_open", "too_many_questions"),
)
async def ask_reporter(
    id: Id,
    body: AskReporter,
    who: Annotated[Principal, allow("report.manage")],
    questions: Questions,
    reports: Reports,
    cause: RequestCause,
) -> ReportView:
    """By an officer, one question at a time. The reporter has 24 hours; then the watch is asked
    what to do."""
    return shown_to(who, await questions.ask(id, body.text, who, cause), reports)


@router.post(
    "/{id}/answer",
    summary="Answer the officer's question",
    responses=refuses("no_question", "too_many_notes"),
)
async def answer_question(
    id: Id,
    body: AnswerQuestion,
    who: Annotated[Principal, allow("report.file")],
    questions: Questions,
    reports: Reports,
    cause: RequestCause,
) -> ReportView:
    """By the reporter. A late answer is kept as a note, and who asked is told all the same."""
    return shown_to(who, await questions.answer(id, body.text, who, cause), reports)

"""Questions to the reporter: load, decide, save."""

from chassis.domain import Cause
from chassis.identity.guards import Principal
from services.incidents.question import domain
from services.incidents.report.domain.report import Actor, Report
from services.incidents.report.handlers import ReportHandlers


class QuestionHandlers:
    def __init__(self, reports: ReportHandlers) -> None:
        self._reports = reports

    async def ask(self, id: str, text: str, who: Principal, cause: Cause) -> Report:
        """By an officer of the area."""
        _, actor = await self._reports.act(id, who, "officer")
        question = cause.derive("que")
        return await self._reports.change(
            id, cause, lambda r, now: domain.ask(r, question, text, actor, now)
        )

    async def answer(self, id: str, text: str, who: Principal, cause: Cause) -> Report:
        """By the reporter."""
        _, actor = await self._reports.act(id, who, "reporter")
        return await self.answer_as(actor, id, text, cause)

    async def answer_as(self, reporter: Actor, id: str, text: str, cause: Cause) -> Report:
        return await self._reports.change(
            id, cause, lambda r, now: domain.answer(r, text, reporter, now)
        )

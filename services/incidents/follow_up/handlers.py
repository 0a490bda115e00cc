"""A report by its number: reading it, and with the key of an anonymous one acting on it."""

from chassis.domain import Cause, Refusal
from chassis.errors import NotFound
from chassis.limits.quota import Quota
from services.incidents.correction.handlers import CorrectionHandlers
from services.incidents.question.handlers import QuestionHandlers
from services.incidents.report.domain import number
from services.incidents.report.domain.follow_up_key import is_key
from services.incidents.report.domain.parts import Question
from services.incidents.report.domain.report import Actor, Report
from services.incidents.report.handlers import ReportHandlers
from services.incidents.report.store import Reports

_ANONYMOUS = Actor("reporter")


class FollowUpHandlers:
    """`typed` is a number as a person typed it."""

    def __init__(
        self,
        reports: Reports,
        handlers: ReportHandlers,
        questions: QuestionHandlers,
        corrections: CorrectionHandlers,
        by_address: Quota,
    ) -> None:
        self._reports, self._handlers = reports, handlers
        self._questions, self._corrections = questions, corrections
        self._by_address = by_address

    async def count_try(self, typed: str, address: str) -> None:
        """Raises Refusal where the address tried too many numbers and keys. What can be no number
        is refused, and costs no try."""
        number.parse(typed)
        await self._by_address.take(address)

    async def read(self, typed: str) -> Report:
        """Raises Refusal for what can be no number, NotFound for a number that no report has."""
        report = await self._reports.by_number(number.parse(typed))
        if report is None:
            raise NotFound(typed)
        return report

    async def _with_key(self, typed: str, key: str) -> Report:
        report = await self.read(typed)
        if not is_key(report.follow_up_key, key):
            raise Refusal("key_wrong", "body.key")
        return report

    async def confirm(self, typed: str, key: str, cause: Cause) -> Report:
        report = await self._with_key(typed, key)
        return await self._handlers.confirm_as(_ANONYMOUS, report.id, cause)

    async def reopen(self, typed: str, key: str, reason: str, cause: Cause) -> Report:
        report = await self._with_key(typed, key)
        return await self._handlers.reopen_as(_ANONYMOUS, report, reason, cause)

    async def withdraw(self, typed: str, key: str, reason: str, cause: Cause) -> Report:
        report = await self._with_key(typed, key)
        return await self._handlers.withdraw_as(_ANONYMOUS, report.id, reason, cause)

    async def question(self, typed: str, key: str) -> Question:
        """The latest one. Raises Refusal where there was none."""
        report = await self._with_key(typed, key)
        if report.question is None:
            raise Refusal("no_question")
        return report.question

    async def answer(self, typed: str, key: str, words: str, cause: Cause) -> Report:
        report = await self._with_key(typed, key)
        return await self._questions.answer_as(_ANONYMOUS, report.id, words, cause)

    async def choose_community(self, typed: str, key: str, community: str, cause: Cause) -> Report:
        report = await self._with_key(typed, key)
        return await self._corrections.choose_community_as(_ANONYMOUS, report, community, cause)

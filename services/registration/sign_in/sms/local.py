"""Text messages of a local platform: kept for some minutes, for developers to read."""

from datetime import UTC, datetime

from chassis.clock import Clock
from contracts.texts import text
from services.registration.account.personal import PersonalData
from services.registration.policy import POLICIES
from services.registration.sign_in.store import LocalMessage, LocalMessages


class LocalSms:
    def __init__(self, messages: LocalMessages, personal: PersonalData, clock: Clock) -> None:
        self._messages, self._personal, self._clock = messages, personal, clock

    async def send_code(self, phone: str, code: str) -> None:
        now = datetime.fromtimestamp(self._clock.real(), UTC)
        minutes = POLICIES.at(now).code_lifetime_s // 60
        shown = text("sms.sign_in_code", code=code, minutes=minutes).zh
        await self._add(phone, LocalMessage(text=shown, code=code, at=now))

    async def send_phone_changed(self, phone: str) -> None:
        now = datetime.fromtimestamp(self._clock.real(), UTC)
        await self._add(phone, LocalMessage(text=text("sms.phone_changed").zh, code="", at=now))

    async def _add(self, phone: str, message: LocalMessage) -> None:
        await self._messages.add(self._personal.phone_key(phone), message)

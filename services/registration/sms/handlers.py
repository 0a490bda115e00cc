"""What a developer may see of a local platform's text messages."""

from hmac import compare_digest

from chassis.domain import Refusal
from services.registration.account.personal import phone_form
from services.registration.sms.local import KeptMessage, LocalSms


class DeveloperDesk:
    """`local` None: messages really go out, and there is nothing to see. Without a `key` nobody
    sees any."""

    def __init__(self, local: LocalSms | None, key: str) -> None:
        self._local, self._key = local, key

    async def messages(self, phone_text: str, key: str) -> list[KeptMessage]:
        if self._local is None:
            raise Refusal("not_found")
        if not self._key or not compare_digest(self._key.encode(), key.encode()):
            raise Refusal("not_allowed", fields={"header.X-Dev-Key": "problem.not_allowed"})
        phone = phone_form(phone_text)
        if phone is None:
            raise Refusal("phone_invalid", "query.phone")
        return await self._local.latest(phone)

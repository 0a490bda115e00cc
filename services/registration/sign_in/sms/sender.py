"""What the service needs of whoever sends text messages."""

from typing import Protocol


class NotSent(Exception):
    """The message was not taken. `reason` is the provider's code, never a text; nothing
    personal."""

    def __init__(self, reason: str, phone_refused: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.phone_refused = reason, phone_refused


class SmsSender(Protocol):
    async def send_code(self, phone: str, code: str) -> None:
        """Send a one-time code to a phone (`+86` and 11 digits). Raises NotSent, within a few
        seconds."""
        ...

"""What sign-in needs of a provider of text messages."""

from typing import Protocol


class NotSent(Exception):
    """The provider did not accept the message. `reason` is its code: no text, nothing personal."""

    def __init__(self, reason: str, phone_refused: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.phone_refused = reason, phone_refused


class SmsSender(Protocol):
    async def send_code(self, phone: str, code: str) -> None:
        """Send a one-time code to a phone (`+86` and 11 digits). Raises NotSent, within a few
        seconds."""
        ...

    async def send_phone_changed(self, phone: str) -> None:
        """Tell a phone that its account is about to get another. Raises NotSent."""
        ...

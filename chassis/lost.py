"""A Kafka connection that breaks while somebody writes to it, told in aiokafka's own words whatever
the event loop.

uvloop refuses such a write with a RuntimeError; aiokafka expects an OSError, and those of its tasks
that meet anything else end without a word: a consumer then stands still for ever (aiokafka issue
1038). Found by killing a broker.
"""

from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

_send = AIOKafkaConnection.send


def _send_or_lost(self: AIOKafkaConnection, request: Any, expect_response: bool = True) -> Any:
    try:
        return _send(self, request, expect_response)
    except RuntimeError as error:
        self.close(reason=CloseReason.CONNECTION_BROKEN, exc=error)
        raise KafkaConnectionError(f"Connection at {self.host}:{self.port} is lost") from error


def install() -> None:
    """Once for the process. Safe to call again."""
    AIOKafkaConnection.send = _send_or_lost

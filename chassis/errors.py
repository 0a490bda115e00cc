"""What stores and the bus raise, and which of it is transient."""

from collections.abc import Mapping
from typing import Any

import aiokafka.errors as kafka
import pymongo.errors as mongo
import redis.exceptions as redis


class NotFound(Exception):
    """There is nothing with this id."""


class AlreadyExists(Exception):
    """The id is taken by something that another cause made."""


class Conflict(Exception):
    """Others changed it first, time after time."""


class CauseReused(Exception):
    """The same idempotency key came with another body."""


class DuplicateKey(Exception):
    """A unique index holds the value already. `key` names the index's fields, `value` has what
    they hold, as far as the server says."""

    def __init__(self, key: Mapping[str, Any], value: Mapping[str, Any] | None = None) -> None:
        super().__init__(", ".join(key))
        self.key, self.value = tuple(key), dict(value or {})


class Unavailable(Exception):
    """A store or the bus cannot answer now; trying again after `retry_after` seconds helps."""

    def __init__(self, what: str = "", retry_after: int = 1) -> None:
        super().__init__(what)
        self.retry_after = retry_after


class Overloaded(Unavailable):
    """More calls wait already than get done in good time."""


# 91 shutting down; 189, 10058, 10107, 13435, 13436 no primary; 11600, 11602 interrupted by that; 43
# a cursor of the old primary; 6, 7, 89, 9001 a member cannot be reached; 64, 134 no majority yet;
# 262 out of time; 14031 out of disk
_TRANSIENT_CODES = frozenset(
    {6, 7, 43, 64, 89, 91, 134, 189, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436, 14031}
)
_TRANSIENT = (
    Unavailable,
    mongo.ConnectionFailure,
    mongo.ExecutionTimeout,
    mongo.WriteConcernError,
    redis.ConnectionError,
    redis.TimeoutError,
    kafka.KafkaConnectionError,
    kafka.RequestTimedOutError,
    kafka.KafkaTimeoutError,
    kafka.NodeNotReadyError,
    ConnectionError,
    TimeoutError,
)
DRIVER_ERRORS = (mongo.PyMongoError, redis.RedisError, kafka.KafkaError, OSError)
"""What drivers raise, transient or not."""
_CLOSED = "the handler is closed"  # uvloop's RuntimeError for a write to a broken connection


def is_transient(error: BaseException) -> bool:
    """Whether a store or the bus is unavailable or too slow: trying again later helps."""
    if isinstance(error, _TRANSIENT):
        return True
    if isinstance(error, RuntimeError):
        return _CLOSED in str(error)
    if isinstance(error, mongo.BulkWriteError):
        details = error.details or {}
        codes = {entry.get("code") for entry in details.get("writeErrors", ())}
        return bool(details.get("writeConcernErrors") or (codes and codes <= _TRANSIENT_CODES))
    return isinstance(error, mongo.OperationFailure) and error.code in _TRANSIENT_CODES

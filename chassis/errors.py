"""What stores and the bus raise, and which of it is transient."""

import errno
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
# 50, 202, 262 out of time; 14031 out of disk; 24, 112, 365, 462 too much at once: locks, a write
# conflict, the cache, more requests than are let in
_TRANSIENT_CODES = frozenset(
    {6, 7, 24, 43, 50, 64, 89, 91, 112, 134, 189, 202, 262, 365, 462, 9001}
    | {10058, 10107, 11600, 11602, 13435, 13436, 14031}
)
_TRANSIENT_LABELS = ("RetryableWriteError", "SystemOverloadedError", "RetryableError")
_TRANSIENT = (
    Unavailable,
    mongo.ConnectionFailure,
    mongo.ExecutionTimeout,
    mongo.WriteConcernError,
    redis.ConnectionError,
    redis.TimeoutError,
    redis.OutOfMemoryError,
    redis.ReadOnlyError,
    redis.TryAgainError,
    redis.ClusterDownError,
    kafka.KafkaTimeoutError,
    kafka.ProducerClosed,
    ConnectionError,
    TimeoutError,
)
_VALKEY_BUSY = ("BUSY ", "MISCONF ", "MASTERDOWN ", "NOREPLICAS ")
"""How its answer begins while a script runs on, the disk is full, or a replica is missing."""
_MACHINE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.ENOMEM, errno.EAGAIN})
"""Of an OSError: files, memory or disk are used up."""
DRIVER_ERRORS = (mongo.PyMongoError, redis.RedisError, kafka.KafkaError, OSError)
"""What drivers raise, transient or not."""
_CLOSED = "the handler is closed"  # uvloop's RuntimeError for a write to a broken connection


class InvalidRecordError(kafka.BrokerResponseError):
    """What the broker says of a record that its topic cannot hold, as one without a key where the
    topic is compacted. aiokafka does not know it (`chassis.patches`)."""

    errno = 87
    message = "INVALID_RECORD"
    description = "The record failed the broker's validation."


_REFUSED = (
    InvalidRecordError,
    kafka.MessageSizeTooLargeError,
    kafka.RecordListTooLargeError,
    kafka.RecordTooLargeError,
    kafka.InvalidTimestampError,
    kafka.UnsupportedForMessageFormatError,
    kafka.PolicyViolationError,
    kafka.CorruptRecordException,
)


def is_refused(error: BaseException) -> bool:
    """Whether the broker will never take this message, however often it gets it. Not where it takes
    none at all, as without permission."""
    return isinstance(error, _REFUSED)


def is_transient(error: BaseException) -> bool:
    """Whether a store or the bus is unavailable, too slow or overloaded: trying again later
    helps."""
    if isinstance(error, _TRANSIENT):
        return True
    if isinstance(error, kafka.KafkaError):
        return error.retriable
    if isinstance(error, redis.ResponseError):
        return str(error).startswith(_VALKEY_BUSY)
    if isinstance(error, OSError):
        return error.errno in _MACHINE
    if isinstance(error, RuntimeError):
        return _CLOSED in str(error)
    if isinstance(error, mongo.BulkWriteError):
        details = error.details or {}
        codes = {entry.get("code") for entry in details.get("writeErrors", ())}
        return bool(details.get("writeConcernErrors") or (codes and codes <= _TRANSIENT_CODES))
    if not isinstance(error, mongo.OperationFailure):
        return False
    return error.code in _TRANSIENT_CODES or any(map(error.has_error_label, _TRANSIENT_LABELS))

"""Which errors of stores and the bus are transient."""

import errno
from typing import Any

import pytest
from aiokafka.errors import (
    LeaderNotAvailableError,
    MessageSizeTooLargeError,
    NotEnoughReplicasError,
)
from pymongo.errors import (
    BulkWriteError,
    ExecutionTimeout,
    OperationFailure,
    WaitQueueTimeoutError,
    WriteError,
)
from redis.exceptions import (
    BusyLoadingError,
    MaxConnectionsError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
)

from chassis.errors import Overloaded, is_transient

CLOSED = "unable to perform operation on <TCPTransport closed=True>; the handler is closed"


@pytest.mark.parametrize(
    ("details", "transient"),
    [
        # Nothing was acknowledged.
        ({"writeConcernErrors": [{"code": 64}], "writeErrors": [{"code": 11000}]}, True),
        # The primary stepped down in between.
        ({"writeErrors": [{"code": 11602}, {"code": 10107}]}, True),
        ({"writeErrors": [{"code": 11602}, {"code": 11000}]}, False),
        ({"writeErrors": []}, False),
    ],
)
def test_a_bulk_write_is_transient_if_all_its_errors_are(details: dict[str, Any], transient: bool):
    assert is_transient(BulkWriteError(details)) is transient


@pytest.mark.parametrize(
    ("code", "transient"), [(134, True), (43, True), (13436, True), (121, False), (2, False)]
)
def test_a_missing_primary_is_transient_and_a_refused_command_is_not(code: int, transient: bool):
    assert is_transient(OperationFailure("refused", code)) is transient


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (TimeoutError(), True),
        (BusyLoadingError(), True),
        (OperationFailure("no primary", 10107), True),
        (OperationFailure("bad query", 2), False),
        (RuntimeError(CLOSED), True),
        (Overloaded(), True),
        (WaitQueueTimeoutError("the pool is used up"), True),
        (ExecutionTimeout("slow", 50), True),
        (WriteError("write conflict", 112), True),
        (WriteError("cache is full", 365), True),
        (OperationFailure("let in no more", 462), True),
        (WriteError("too large", 17419), False),
        (OutOfMemoryError("OOM command not allowed"), True),
        (ReadOnlyError("READONLY"), True),
        (ResponseError("MISCONF Redis is configured to save RDB snapshots"), True),
        (ResponseError("BUSY Redis is busy running a script"), True),
        (ResponseError("WRONGTYPE Operation against a key"), False),
        (MaxConnectionsError(), True),
        (NotEnoughReplicasError(), True),
        (LeaderNotAvailableError(), True),
        (MessageSizeTooLargeError(), False),
        (OSError(errno.EMFILE, "too many open files"), True),
        (OSError(errno.ENOENT, "no such file"), False),
        (ValueError(), False),
        (RuntimeError("anything else"), False),
    ],
    ids=repr,
)
def test_errors_of_drivers(error: Exception, transient: bool):
    assert is_transient(error) is transient

"""Readiness checks: each process is asked in its own protocol, never through its log."""

import socket
import struct
import time
from collections.abc import Callable, Sequence

import httpx
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.ports import HOST

ASK_SECONDS = 2.0
POLL_SECONDS = 0.05
METADATA_REQUEST = 3
ALREADY_INITIALIZED = 23
REPLICA_SET = "rs0"
ELECTION_MILLISECONDS = 3000
"""Time without a primary until an election; short, since one machine loses no packets."""

Check = Callable[[], str]
"""Checks once; returns "" when ready, else what is missing. An OSError counts as not ready."""


def wait_until(check: Check, seconds: float, alive: Callable[[], None]) -> float:
    """Polls until ready; returns the seconds it took. Raises TimeoutError with what was missing, or
    what `alive` raises."""
    began = time.monotonic()
    while True:
        try:
            missing = check()
        except OSError as reason:
            missing = str(reason) or type(reason).__name__
        spent = time.monotonic() - began
        if not missing:
            return spent
        if spent > seconds:
            raise TimeoutError(f"not ready after {seconds:.0f} s: {missing}")
        alive()
        time.sleep(POLL_SECONDS)


def kafka(port: int) -> Check:
    """Ready when the broker lists itself in its metadata: registered and unfenced."""
    # Metadata version 1 with no topics: api key, version, correlation id, no client id, empty
    # array.
    body = struct.pack(">hhihi", METADATA_REQUEST, 1, 1, -1, 0)

    def check() -> str:
        with socket.create_connection((HOST, port), ASK_SECONDS) as broker:
            broker.sendall(struct.pack(">i", len(body)) + body)
            size = struct.unpack(">i", _exactly(broker, 4))[0]
            answer = _exactly(broker, size)
        return "" if port in _broker_ports(answer) else "the broker is not registered yet"

    return check


def _broker_ports(metadata: bytes) -> list[int]:
    """Parses a metadata answer, version 1: correlation id, then (id, host, port, rack) of each
    broker."""
    (count,), at, ports = struct.unpack_from(">i", metadata, 4), 8, list[int]()
    for _ in range(count):
        at += 4
        at += 2 + struct.unpack_from(">h", metadata, at)[0]
        ports.append(struct.unpack_from(">i", metadata, at)[0])
        at += 4
        at += 2 + max(0, struct.unpack_from(">h", metadata, at)[0])
    return ports


def _exactly(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        more = connection.recv(size - len(received))
        if not more:
            raise ConnectionError("closed while answering")
        received += more
    return received


def mongo(port: int, others: Sequence[int] = (), initiates: bool = True) -> Check:
    """Ready when it is the primary of its replica set or follows one.

    The member with `initiates` initiates the set with the `others` where that has not happened yet.
    """

    def check() -> str:
        client: MongoClient[dict[str, object]] = MongoClient(
            HOST,
            port,
            directConnection=True,
            serverSelectionTimeoutMS=int(ASK_SECONDS * 1000),
            connectTimeoutMS=int(ASK_SECONDS * 1000),
            socketTimeoutMS=10_000,
        )
        try:
            state = client.admin.command("hello")
            if state.get("isWritablePrimary") or (state.get("secondary") and state.get("primary")):
                return ""
            if initiates:
                _initiate(client, [f"{HOST}:{member}" for member in (port, *others)])
        except PyMongoError as reason:
            return str(reason).split(", Timeout:")[0]
        finally:
            client.close()
        return "no primary has been elected yet"

    return check


def _initiate(client: "MongoClient[dict[str, object]]", members: Sequence[str]) -> None:
    config = {
        "_id": REPLICA_SET,
        "members": [{"_id": n, "host": member} for n, member in enumerate(members)],
        "settings": {"electionTimeoutMillis": ELECTION_MILLISECONDS},
    }
    try:
        client.admin.command("replSetInitiate", config)
    except OperationFailure as reason:
        if reason.code != ALREADY_INITIALIZED:
            raise
        known = client.local["system.replset"].find_one() or {}
        if str(known.get("members")).find(members[0]) < 0:  # The data was written on another port.
            version = int(str(known["version"])) + 1
            client.admin.command("replSetReconfig", config | {"version": version}, force=True)


def valkey(port: int) -> Check:
    """Ready when it answers PING, which it refuses while it loads its data."""

    def check() -> str:
        with socket.create_connection((HOST, port), ASK_SECONDS) as server:
            server.sendall(b"PING\r\n")
            answer = server.recv(64)
        return "" if answer.startswith(b"+PONG") else answer.decode(errors="replace").strip()

    return check


def http(port: int, path: str) -> Check:
    """Ready when it answers 200 at `path`."""

    def check() -> str:
        try:
            answer = httpx.get(f"http://{HOST}:{port}{path}", timeout=ASK_SECONDS, trust_env=False)
        except httpx.HTTPError as reason:
            return str(reason) or type(reason).__name__
        return "" if answer.is_success else f"{answer.status_code} {answer.text[:200]}"

    return check

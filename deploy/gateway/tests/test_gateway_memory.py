"""What strangers can hold of the gateway: memory, connections, time."""

import socket
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
import yaml

from deploy.gateway.plan import Limits
from deploy.gateway.render import render_local
from deploy.gateway.tests.stand import Stand, standing, until
from deploy.local.ports import HOST, free_ports

pytestmark = pytest.mark.servers
MB = 1024 * 1024
SIZE = 6_000_000


def memory(stand: Stand) -> float:
    """Of the gateway, in MB."""
    return psutil.Process(stand.pid).memory_info().rss / MB


@contextmanager
def connected(stand: Stand) -> Generator[socket.socket]:
    with socket.create_connection((HOST, stand.ports.gateway), timeout=10) as connection:
        yield connection


def head(noun: str, size: int) -> bytes:
    return f"POST /api/v1/{noun} HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n\r\n".encode()


class Unfinished:
    """An upload that is sent but for its last byte."""

    def __init__(self, connection: socket.socket, noun: str) -> None:
        self._connection, self._left = connection, memoryview(head(noun, SIZE) + bytes(SIZE - 1))
        connection.setblocking(False)

    def send(self) -> bool:
        """Whether more may be taken."""
        try:
            self._left = self._left[self._connection.send(self._left[: 2**18]) :]
        except BlockingIOError:
            return False
        except ConnectionError:  # refused, which is fine
            return False
        return bool(self._left)


@contextmanager
def unfinished(stand: Stand, noun: str, count: int) -> Generator[None]:
    """`count` uploads hold what the gateway takes of them."""
    with ExitStack() as stack:
        uploads = [Unfinished(stack.enter_context(connected(stand)), noun) for _ in range(count)]
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < 0.5:
            if [upload for upload in uploads if upload.send()]:
                quiet_since = time.monotonic()
        yield


@pytest.mark.parametrize("noun", ["reports", "photos"])
def test_twenty_unfinished_bodies_of_6_mb_cost_little(stand: Stand, noun: str) -> None:
    stand.http.post("/api/v1/reports", json={})
    before = memory(stand)
    with unfinished(stand, noun, 20):
        assert memory(stand) - before < 20
        assert stand.http.post("/api/v1/reports", json={}).status_code == 200


def test_photos_that_a_busy_service_does_not_read_cost_little(stand: Stand) -> None:
    """They wait with their senders, not here."""
    stand.http.post("/api/v1/reports", json={})
    before, incidents = memory(stand), stand.upstreams["incidents"]
    incidents.reading.clear()
    try:
        with unfinished(stand, "photos", 40):
            assert memory(stand) - before < 20
    finally:
        incidents.reading.set()


def _files(stand: Stand) -> bool:
    """Whether a resident's report passes now."""
    try:
        return stand.http.post("/api/v1/reports", json={}, timeout=1).status_code == 200
    except httpx.TransportError:
        return False


def test_near_its_end_the_gateway_has_less_patience(tmp_path: Path) -> None:
    """By limits that let bodies take more than there is: who stands still is cut long before the 30
    s that they have else, so that reports pass again."""
    limits = Limits(body=8 * MB, heap=64 * MB)
    with standing(tmp_path, limits) as stand, unfinished(stand, "reports", 40):
        until(lambda: _files(stand), 12)


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """Its times are short: a second of silence, three in all."""
    limits = Limits(silence=1, duration=3, write=3)
    with standing(tmp_path_factory.mktemp("impatient"), limits) as running:
        yield running


def dribble(connection: socket.socket, body: bytes, seconds: float) -> bytes:
    """Sends `body` evenly over this time, and returns the beginning of the answer."""
    pieces = 20
    size = len(body) // pieces
    try:
        for n in range(pieces):
            connection.sendall(body[n * size : (n + 1) * size])
            time.sleep(seconds / pieces)  # the slowness of the network is what is tried
    except ConnectionError:
        pass
    return connection.recv(4096)


def test_a_slow_photo_that_never_stands_still_arrives(impatient: Stand) -> None:
    with connected(impatient) as phone:
        phone.sendall(head("photos", 20_000))
        assert dribble(phone, bytes(20_000), 2).startswith(b"HTTP/1.1 200 ")
    assert impatient.upstreams["incidents"].seen[-1]["size"] == 20_000


def test_a_sender_that_stands_still_is_told_and_cut(impatient: Stand) -> None:
    with connected(impatient) as phone:
        phone.sendall(head("reports", 100) + b"{")
        answer = phone.recv(4096)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"urn:problem:too_slow" in answer
        assert phone.recv(4096) == b""


@pytest.mark.parametrize("noun", ["reports", "photos"])
def test_a_sender_that_never_ends_is_cut(impatient: Stand, noun: str) -> None:
    with connected(impatient) as phone:
        phone.sendall(head(noun, 40_000))
        began = time.monotonic()
        assert b" 408 " in dribble(phone, bytes(30_000), 6)
        assert time.monotonic() - began < 10


def test_nothing_counts_the_time_of_a_sender_that_does_not_stand_still(tmp_path: Path) -> None:
    """A photo of 2.4 MB at 40 kB/s takes 60 s, and one of 5 MB at 17 kB/s five minutes."""
    listener = yaml.safe_load(render_local(free_ports(), tmp_path).read_text("utf-8"))[
        "static_resources"
    ]["listeners"][0]
    connection = listener["filter_chains"][0]["filters"][0]["typed_config"]
    assert "request_timeout" not in connection
    assert connection["common_http_protocol_options"]["max_stream_duration"] == "300s"
    streams = [
        route["route"]
        for route in connection["route_config"]["virtual_hosts"][0]["routes"]
        if route.get("route", {}).get("cluster", "").endswith("_stream")
    ]
    assert {stream["max_stream_duration"]["max_stream_duration"] for stream in streams} == {"0s"}

"""The address that limits count by."""

from typing import Any

import pytest
from fastapi import Request

from chassis.http.caller import caller_address, within


def asked(header: str | None, peer: str | None = "10.0.0.9") -> Request:
    headers = [] if header is None else [(b"x-caller-address", header.encode())]
    scope: dict[str, Any] = {"type": "http", "headers": headers}
    return Request(scope | {"client": None if peer is None else (peer, 5000)})


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::ffff", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, "10.0.0.9"),
        ("", "10.0.0.9"),
        ("not an address", "10.0.0.9"),
    ],
)
def test_a_subscriber_is_one_address(header: str | None, address: str) -> None:
    assert caller_address(asked(header)) == address


def test_without_any_address_all_are_one_caller() -> None:
    assert caller_address(asked(None, None)) == ""


def test_networks_without_limits() -> None:
    is_within = within("127.0.0.0/8, 2001:db8::/32")
    assert [is_within(a) for a in ("127.0.0.1", "2001:db8:1:2::/64")] == [True, True]
    assert [is_within(a) for a in ("128.0.0.1", "2001:db9::/64", "", "x")] == [False] * 4
    assert not within("")("127.0.0.1")

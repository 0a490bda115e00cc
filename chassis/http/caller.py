"""The address that a request comes from, for limits by address. It is never logged, traced or
stored, except as a keyed hash that expires."""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated

from fastapi import Depends, Request

HEADER = "x-caller-address"
"""The gateway overwrites it on every request."""
_ONE_SUBSCRIBER = 64
"""A subscriber has a whole IPv6 network of this prefix, and any address of it at will."""


def caller_address(request: Request) -> str:
    """An IPv4 address, or the /64 of an IPv6 address. The peer's where the gateway gave none."""
    peer = request.client.host if request.client else ""
    return _normal(request.headers.get(HEADER, "")) or _normal(peer) or peer


def _normal(text: str) -> str:
    """Empty for what is no address."""
    try:
        address = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return str(ip_network((int(address), _ONE_SUBSCRIBER), strict=False))
        address = address.ipv4_mapped
    return str(address)


async def caller(request: Request) -> str:
    return caller_address(request)


Caller = Annotated[str, Depends(caller)]
"""Annotate a route's parameter with this."""


def within(networks: str) -> Callable[[str], bool]:
    """Whether a caller's address lies in one of the networks (`127.0.0.0/8 2001:db8::/32`).

    Raises ValueError for what is no network.
    """
    found = [ip_network(network) for network in networks.replace(",", " ").split()]

    def is_within(address: str) -> bool:
        try:
            first = ip_network(address).network_address
        except ValueError:
            return False
        return any(first in network for network in found)

    return is_within

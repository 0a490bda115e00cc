"""How the broker is reached: its addresses, and with which credentials."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.helpers import create_ssl_context

MAX_BYTES = 1024 * 1024
"""Of a message. Its dead letter is larger by some headers."""
_ENCRYPTED = {"sasl_ssl": True, "sasl_plaintext": False}


def broker(bootstrap: str) -> dict[str, Any]:
    """Options of every client, from `host:port,...`, or with credentials (SASL PLAIN) from
    `sasl_ssl://user:password@host:port,...?ca=FILE`: as the URLs of the other stores, in one
    setting. `ca`: the certificates that the broker's is signed by, in PEM.

    Raises ValueError, which does not repeat the password; OSError if the file cannot be read.
    """
    protocol, secured, address = bootstrap.partition("://")
    if not secured:
        return {"bootstrap_servers": bootstrap}
    url = urlsplit(f"//{address}")  # a URL's own scheme may have no underscore
    credentials, _, servers = url.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    if protocol not in _ENCRYPTED or not user or not password or not servers:
        raise ValueError("KAFKA_BOOTSTRAP: host:port or sasl_ssl://user:password@host:port?ca=FILE")
    options: dict[str, Any] = {
        "bootstrap_servers": servers,
        "security_protocol": protocol.upper(),
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": unquote(user),
        "sasl_plain_password": unquote(password),
    }
    if _ENCRYPTED[protocol]:
        (ca,) = parse_qs(url.query).get("ca", [None])
        options["ssl_context"] = create_ssl_context(cafile=ca)
    return options


async def is_reachable(bootstrap: str) -> bool:
    """Whether a broker answers a new client: one in use may be what hangs."""
    client = AIOKafkaClient(**broker(bootstrap), request_timeout_ms=3000)
    try:
        async with asyncio.timeout(5):
            await client.bootstrap()
        return True
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await client.close()

"""A minimal HTTP/1.1 client on kept connections: it must cost less than what it measures."""

import asyncio
import re
from urllib.parse import SplitResult

_LENGTH = re.compile(rb"\ncontent-length: (\d+)")


def request(method: str, url: SplitResult, path: str, body: bytes = b"", token: str = "") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {url.netloc}", f"Content-Length: {len(body)}"]
    lines += ["Content-Type: application/json"] * bool(body) + [
        f"Authorization: Bearer {token}"
    ] * bool(token)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """(status, body) of one answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status, length = int(head[9:12]), _LENGTH.search(head)
    if length:
        return status, await reader.readexactly(int(length[1]))
    content = b""
    if b"transfer-encoding: chunked" in head:
        while size := int((await reader.readline()).strip() or b"0", 16):
            content += (await reader.readexactly(size + 2))[:size]
        await reader.readline()
    return status, content

"""A client that reads while it sends, as RFC 9112 (9.5) has it: who refuses a body early reads no
further, and the answer is lost to clients that first send everything."""

import asyncio
from collections.abc import Mapping

import httpx


async def post_listening(
    url: str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    chunked: bool = False,
    within: float = 15.0,
) -> httpx.Response:
    """The answer to a POST, whether or not all of `body` was taken. `url` is http.

    Raises TimeoutError after `within` seconds; EOFError where the connection ends without a whole
    answer.
    """
    request = httpx.Request("POST", url, headers=headers, content=iter([body]) if chunked else body)
    lines = [b"POST " + request.url.raw_path + b" HTTP/1.1"]
    lines += [name + b": " + value for name, value in request.headers.raw]
    framed = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    async with asyncio.timeout(within):
        reader, writer = await asyncio.open_connection(request.url.host, request.url.port)
        try:
            writer.write(b"\r\n".join([*lines, b"", framed]))  # goes out while the answer is read
            return await _answer(reader, request)
        finally:
            writer.transport.abort()


async def _answer(reader: asyncio.StreamReader, request: httpx.Request) -> httpx.Response:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status, *lines = head.rstrip().split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    content = await reader.readexactly(int(httpx.Headers(headers)["content-length"]))
    return httpx.Response(int(status.split()[1]), headers=headers, content=content, request=request)

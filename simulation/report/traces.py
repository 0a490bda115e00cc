"""One report's trace in the trace store."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx

COMPLETE = frozenset({"gateway", "incidents", "dispatch", "notify"})
_WAIT_S = 15.0


@dataclass(frozen=True)
class TraceStore:
    """Zipkin locally, Jaeger in compose, at `url`."""

    url: str
    kind: str = "zipkin"

    def page(self, trace: str) -> str:
        """The URL of a trace's page."""
        return (
            f"{self.url}/zipkin/traces/{trace}"
            if self.kind == "zipkin"
            else f"{self.url}/trace/{trace}"
        )

    async def services(self, trace: str) -> set[str]:
        """The services with spans in the trace, once it is complete or 15 s have passed; empty if
        the trace is unknown."""
        found: set[str] = set()
        async with httpx.AsyncClient(timeout=5) as client:
            for _ in range(int(_WAIT_S / 0.5)):
                found = await self._services(client, trace)
                if found >= COMPLETE:
                    break
                await asyncio.sleep(0.5)
        return found

    async def _services(self, client: httpx.AsyncClient, trace: str) -> set[str]:
        path = f"/api/v2/trace/{trace}" if self.kind == "zipkin" else f"/api/traces/{trace}"
        try:
            answer = await client.get(self.url + path)
            if answer.status_code != 200:
                return set()
            body: Any = answer.json()
        except (httpx.HTTPError, ValueError):
            return set()
        if self.kind == "zipkin":
            return {span.get("localEndpoint", {}).get("serviceName", "") for span in body}
        return {
            process["serviceName"]
            for trace in body["data"]
            for process in trace["processes"].values()
        }

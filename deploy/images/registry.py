"""Asks a registry which digest a tag has (OCI distribution specification, "Pulling manifests").

Anonymously: with a bearer token where the registry's challenge names who gives one.
"""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from deploy.images.reference import PinError, Reference, is_loopback

MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
"""An index first: its digest is the image's on every platform."""
MAX_MANIFEST_BYTES = 4 * 1024 * 1024
"""What the specification asks registries to take."""
MAX_TOKEN_BYTES = 64 * 1024
MAX_ATTEMPTS = 3
MAX_WAIT_S = 60.0
"""A registry that asks for a longer pause is asked again by the operator."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class Registries:
    """Digests of tags, from each image's registry. An asynchronous context manager."""

    def __init__(self, within_s: float = 30.0, max_wait_s: float = MAX_WAIT_S) -> None:
        """`within_s`: for one request, from the connection to its last byte; in seconds."""
        self._within_s, self._max_wait_s = within_s, max_wait_s
        self._http = httpx.AsyncClient(
            timeout=within_s,
            follow_redirects=True,
            max_redirects=3,
            event_hooks={"request": [_require_encrypted]},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def digest(self, image: Reference) -> str:
        """`sha256:...` of the index, or of the manifest where there is one platform.

        Raises PinError, which says what the registry answered.
        """
        url = f"{image.registry}/v2/{image.repository}/manifests/{image.tag}"
        headers = {"accept": ", ".join(MANIFESTS)}
        answer, _ = await self._ask("HEAD", url, image, headers)
        if answer.status_code == 401:
            headers["authorization"] = f"Bearer {await self._token(answer, image)}"
            answer, _ = await self._ask("HEAD", url, image, headers)
        _require_manifest(answer, image)
        digest = answer.headers.get("docker-content-digest")
        if digest is None:  # the header is optional: the digest is the manifest's own hash
            answer, body = await self._ask("GET", url, image, headers, MAX_MANIFEST_BYTES)
            _require_manifest(answer, image)
            return f"sha256:{hashlib.sha256(body).hexdigest()}"
        if not _DIGEST.fullmatch(digest):
            raise PinError(f"{image.name}: {_host(answer)} gave {digest[:80]!r} as the digest")
        return digest

    async def _token(self, refusal: httpx.Response, image: Reference) -> str:
        """From who the challenge says gives it, for reading this repository."""
        scheme, _, rest = refusal.headers.get("www-authenticate", "").partition(" ")
        asked = dict(_PARAMETER.findall(rest))
        realm = asked.get("realm", "")
        if scheme.lower() != "bearer" or not realm:
            raise PinError(
                f"{image.name}: {_host(refusal)} wants credentials; only public images are pinned"
            )
        wanted = {"scope": asked.get("scope", f"repository:{image.repository}:pull")}
        if "service" in asked:
            wanted["service"] = asked["service"]
        url = str(httpx.URL(realm).copy_merge_params(wanted))
        answer, body = await self._ask("GET", url, image, {}, MAX_TOKEN_BYTES)
        token = _token_in(answer, body)
        if token is None:
            raise PinError(
                f"{image.name}: {_host(answer)} gave no token ({answer.status_code}); "
                "the image does not exist or is not public"
            )
        return token

    async def _ask(
        self,
        method: str,
        url: str,
        image: Reference,
        headers: Mapping[str, str],
        max_bytes: int = 0,
    ) -> tuple[httpx.Response, bytes]:
        """The answer and its body, once the registry does not ask to wait."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            answer, body = await self._once(method, url, image, headers, max_bytes)
            if answer.status_code not in (429, 503):
                break
            wait_s = _retry_after_s(answer)
            if attempt == MAX_ATTEMPTS or wait_s > self._max_wait_s:
                raise PinError(
                    f"{image.name}: {_host(answer)} takes no more requests now "
                    f"({answer.status_code}); try again in {max(wait_s, 1):.0f} s"
                )
            await asyncio.sleep(wait_s)
        return answer, body  # pyright: ignore[reportPossiblyUnboundVariable]

    async def _once(
        self,
        method: str,
        url: str,
        image: Reference,
        headers: Mapping[str, str],
        max_bytes: int,
    ) -> tuple[httpx.Response, bytes]:
        host = urlsplit(url).netloc
        try:
            async with (
                asyncio.timeout(self._within_s),
                self._http.stream(method, url, headers=headers) as answer,
            ):
                return answer, await _body(answer, max_bytes)
        except (TimeoutError, httpx.TimeoutException):
            raise PinError(
                f"{image.name}: {host} did not answer within {self._within_s:g} s"
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PinError(f"{image.name}: {host} cannot be reached: {error}") from None


async def _require_encrypted(request: httpx.Request) -> None:
    """Raises httpx.HTTPError for plain HTTP to another machine, where a redirect leads too."""
    if request.url.scheme != "https" and not is_loopback(str(request.url)):
        raise httpx.UnsupportedProtocol(f"{request.url.host} would be asked unencrypted")


async def _body(answer: httpx.Response, max_bytes: int) -> bytes:
    """Raises httpx.HTTPError beyond `max_bytes`; reads nothing where none are wanted."""
    body = b""
    if max_bytes:
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > max_bytes:
                raise httpx.HTTPError(f"the answer is longer than {max_bytes} bytes")
    return body


def _require_manifest(answer: httpx.Response, image: Reference) -> None:
    """Raises PinError unless it is one of an image or of its platforms."""
    status, host = answer.status_code, _host(answer)
    if status == 404:
        raise PinError(f"{image.name}: {host} has no such image or tag")
    if status in (401, 403):
        raise PinError(f"{image.name}: {host} refused ({status}); it does not exist or is private")
    if status != 200:
        raise PinError(f"{image.name}: {host} answered {status}")
    kind = answer.headers.get("content-type", "nothing").partition(";")[0].strip().lower()
    if kind not in MANIFESTS:
        raise PinError(
            f"{image.name}: {host} answered with {kind[:80]}, which is no image; "
            "is something in between?"
        )


def _token_in(answer: httpx.Response, body: bytes) -> str | None:
    if answer.status_code != 200:
        return None
    try:
        said: Any = httpx.Response(200, content=body).json()
        token = said.get("token") or said.get("access_token")
    except (ValueError, AttributeError):
        return None
    return token if isinstance(token, str) and re.fullmatch(r"[\x21-\x7e]+", token) else None


def _retry_after_s(answer: httpx.Response) -> float:
    """Seconds that the registry asks to wait; 1 where it does not say."""
    said = answer.headers.get("retry-after", "")
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 1.0


def _host(answer: httpx.Response) -> str:
    return answer.url.netloc.decode()

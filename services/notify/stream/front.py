"""Browsers' EventSource cannot set headers: for the stream alone the token may stand in the
address."""

from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Receive, Scope, Send

_PATH = "/api/v1/stream"


class TokenInAddress:
    """Moves `access_token` into the Authorization header before traces and logs see the address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and b"access_token=" in scope["query_string"]:
            scope = moved(scope)
        await self._app(scope, receive, send)


def moved(scope: Scope) -> Scope:
    """The same request without the token in its address; elsewhere than on the stream the token
    counts for nothing."""
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    tokens = [value for name, value in query if name == "access_token"]
    left = urlencode([(name, value) for name, value in query if name != "access_token"])
    headers = list(scope["headers"])
    signed = any(name == b"authorization" for name, _ in headers)
    if scope["path"] == _PATH and tokens and not signed:
        headers.append((b"authorization", b"Bearer " + tokens[0].encode("latin-1", "replace")))
    return {**scope, "query_string": left.encode(), "headers": headers}

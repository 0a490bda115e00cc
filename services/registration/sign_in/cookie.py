"""The cookie of a browser's session. A file of its own because it is about browsers alone, and the
API serves others too."""

from typing import Annotated

from fastapi import Cookie, Header, Response

REFRESH_COOKIE = "__Secure-quancheng-refresh"
"""Holds the refresh token: no script reads it, no other site sends it."""
_PATH = "/api/v1/sessions"

RefreshCookie = Annotated[str, Cookie(alias=REFRESH_COOKIE, max_length=200)]
RequestedBy = Annotated[
    str,
    Header(
        min_length=1,
        max_length=40,
        description="Any value: a page of another site cannot send this header",
        examples=["app"],
    ),
]


def set_refresh_cookie(response: Response, token: str, seconds: int) -> None:
    """For so long. Browsers take 127.0.0.1 and localhost for secure without TLS."""
    response.set_cookie(
        REFRESH_COOKIE,
        token,
        max_age=seconds,
        path=_PATH,
        secure=True,
        httponly=True,
        samesite="strict",
    )

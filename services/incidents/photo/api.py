"""Handing in a photo before the report that it belongs to. Its id is the key to it: who handed it
in is not kept."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel

from chassis.domain import Refusal
from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.identity.guards import Principal, anyone
from services.incidents.photo.domain import MOST_BYTES, cleaned
from services.incidents.photo.store import Photos

router = APIRouter(prefix="/photos", tags=["photos"], route_class=PlainRoute)
_BINARY = {"schema": {"type": "string", "format": "binary", "maxLength": MOST_BYTES}}
_BODY = {
    "requestBody": {
        "required": True,
        "content": dict.fromkeys(("image/jpeg", "image/png", "image/webp"), _BINARY),
    }
}
_at_once = asyncio.Semaphore(2)
"""Pictures drawn anew at the same time: each takes a good part of a second and up to 200 MB."""


class PhotoView(BaseModel):
    """The id to give as a report's `photo`."""

    id: str


@router.post("", status_code=201, summary="Hand in a photo for a report", openapi_extra=_BODY)
async def add(
    request: Request,
    _: Annotated[Principal | None, anyone("an anonymous report may carry a photo")],
    photos: Annotated[Photos, provided(Photos)],
    cause: RequestCause,
) -> PhotoView:
    """JPEG, PNG or WebP, at most 5 MB. Its place, time and device are not kept. Gone after a day
    unless used."""
    content = await request.body()
    if len(content) > MOST_BYTES:
        raise Refusal("too_large", fields={"body": "problem.too_large"}, limit=MOST_BYTES)
    async with _at_once:
        photo = await asyncio.to_thread(cleaned, content)
    id = cause.derive("pho")
    await photos.add(id, photo, cause)
    return PhotoView(id=id)

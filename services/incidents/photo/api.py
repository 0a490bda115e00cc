"""Uploading a photo before its report is filed. The id is the only key to it: who uploaded it is
not stored."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Request

from chassis.domain import Refusal
from chassis.http.caller import Caller
from chassis.http.dependencies import provided
from chassis.http.idempotency import KeyedCause
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import View
from chassis.identity.guards import Principal, anyone
from services.incidents.photo.domain import MAX_BYTES, sanitized
from services.incidents.photo.store import Photos, UploadQuota

router = APIRouter(prefix="/photos", tags=["photos"], route_class=PlainRoute)
PHOTO_CONTENT: dict[str, Any] = {
    media_type: {"schema": {"type": "string", "format": "binary", "maxLength": MAX_BYTES}}
    for media_type in ("image/jpeg", "image/png", "image/webp")
}
"""A photo in the API's document, as a request's or a response's `content`."""
_UPLOAD = {"requestBody": {"required": True, "content": PHOTO_CONTENT}}
_decoding = asyncio.Semaphore(2)
"""Each picture takes up to a second of CPU and 200 MB."""


class PhotoView(View):
    """The id is for a report's `photo`."""

    id: str


@router.post(
    "",
    status_code=201,
    summary="Upload a photo for a report",
    openapi_extra=_UPLOAD,
    responses=refuses("photo_type", "photo_broken", "photo_pixels", "too_many"),
)
async def upload_photo(
    request: Request,
    who: Annotated[Principal | None, anyone("an anonymous report may carry a photo")],
    caller: Caller,
    quota: Annotated[UploadQuota, provided(UploadQuota)],
    photos: Annotated[Photos, provided(Photos)],
    cause: KeyedCause,
) -> PhotoView:
    """JPEG, PNG or WebP, at most 5 MB. Its place, time and device are not stored. Deleted after a
    day unless a report has it."""
    await quota.take(who.subject if who else caller)
    content = await request.body()
    if len(content) > MAX_BYTES:
        raise Refusal("too_large", "body", limit=MAX_BYTES)
    async with _decoding:
        photo = await asyncio.to_thread(sanitized, content)
    id = cause.derive("pho")
    await photos.add(id, photo, cause)
    return PhotoView(id=id)

"""Uploading a photo before its report is filed. The id is the only key to it: who uploaded it is
not stored."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from chassis.http.caller import Caller
from chassis.http.dependencies import provided
from chassis.http.idempotency import KeyedCause
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import View
from chassis.identity.guards import Asking, Principal, anyone
from chassis.server.bodies import BodyRules, read_by
from contracts import ids
from services.incidents.photo.domain import MAX_BYTES
from services.incidents.photo.handlers import PhotoHandlers
from services.incidents.photo.intake import Intake
from services.incidents.photo.store import UploadQuota

router = APIRouter(prefix="/photos", tags=["photos"], route_class=PlainRoute)
PHOTO_CONTENT: dict[str, Any] = {
    media_type: {"schema": {"type": "string", "format": "binary", "maxLength": MAX_BYTES}}
    for media_type in ("image/jpeg", "image/png", "image/webp")
}
"""A photo in the API's document, as a request's or a response's `content`."""
_UPLOAD = {"requestBody": {"required": True, "content": PHOTO_CONTENT}}
RULES = BodyRules(
    max_bytes=MAX_BYTES, seconds=25, min_bytes=50_000, total_seconds=280, answer_seconds=14
)
"""A photo comes as slowly as a bad network brings it, 2 kB/s, but not for ever: it holds a place.
The answer waits for the photos before it. Each a little below the gateway's own limit, so that it
is this service that says what is wrong."""


class PhotoView(View):
    """The id is for a report's `photo`."""

    id: ids.PhotoId


async def _placed(
    request: Request,
    who: Asking,
    caller: Caller,
    quota: Annotated[UploadQuota, provided(UploadQuota)],
    intake: Annotated[Intake, provided(Intake)],
) -> AsyncGenerator[None]:
    """Before anything reads the body."""
    await quota.take(who.subject if who else caller)
    read_by(request, RULES)
    declared = request.headers.get("content-length")
    with intake.place(int(declared) if declared else None, caller):
        yield


@router.post(
    "",
    status_code=201,
    summary="Upload a photo for a report",
    openapi_extra=_UPLOAD,
    responses=refuses(
        "photo_type",
        "photo_broken",
        "photo_pixels",
        "photo_edge",
        "photo_too_complex",
        "too_slow",
        "uploads_full",
        "too_many",
    ),
    dependencies=[Depends(_placed)],
)
async def upload_photo(
    request: Request,
    _: Annotated[Principal | None, anyone("an anonymous report may carry a photo")],
    photos: Annotated[PhotoHandlers, provided(PhotoHandlers)],
    cause: KeyedCause,
) -> PhotoView:
    """JPEG, PNG or WebP, at most 5 MB, sent at 2 kB/s or more within 280 s. Its place, time and
    device are not stored. Deleted after a day unless a report has it."""
    return PhotoView(id=await photos.upload(await request.body(), cause))

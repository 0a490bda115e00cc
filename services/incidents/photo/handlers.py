"""Sanitizes and keeps a photo."""

from chassis.domain import Cause
from services.incidents.photo.domain.parts import require_known_type
from services.incidents.photo.store import Photos
from services.incidents.photo.workers import PhotoWorkers


class PhotoHandlers:
    def __init__(self, photos: Photos, workers: PhotoWorkers) -> None:
        self._photos, self._workers = photos, workers

    async def upload(self, content: bytes, cause: Cause) -> str:
        """The photo's id. Raises Refusal, Unavailable, CauseReused."""
        require_known_type(content)
        id = cause.derive("pho")
        await self._photos.add(id, await self._workers.sanitize(content), cause)
        return id

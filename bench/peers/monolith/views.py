"""Sign-up with a code, reports, and the live stream."""

import asyncio
import hmac
import json
import secrets
import time
from collections import defaultdict
from functools import lru_cache

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import OctKey
from redis.asyncio import Redis

from bench.peers.monolith.models import Account, Report, Session, SignInCode
from bench.peers.monolith.tasks import CHANNEL, call_volunteers, welcome

CENTRE = (116.941, 36.667)
METRES = (89_300.0, 111_195.0)
_KEY = OctKey.import_key(settings.SECRET_KEY)


def keyed(*parts: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), "\x1f".join(parts).encode(), "sha256").hexdigest()


def token(subject: str) -> str:
    return jwt.encode({"alg": "HS256"}, {"sub": subject, "exp": int(time.time()) + 3600}, _KEY)


@lru_cache(20_000)
def _subject(bearer: str) -> str:
    return jwt.decode(bearer, _KEY, algorithms=["HS256"]).claims["sub"]


def who(request: HttpRequest) -> str:
    return _subject(request.headers["Authorization"].removeprefix("Bearer "))


def sign_up(request: HttpRequest) -> HttpResponse:
    body = json.loads(request.body)
    phone, code = f"+86{body['phone']}", str(body["code"])
    key = keyed("phone", phone)
    with transaction.atomic():
        issued = SignInCode.objects.select_for_update().filter(pk=key).first()
        if issued is None or issued.used or issued.tries >= 5 or issued.expires_at < timezone.now():
            return JsonResponse({"title": "code_wrong"}, status=422)
        right = hmac.compare_digest(issued.hash, keyed("code", code))
        issued.tries, issued.used = issued.tries + 1, right
        issued.save(update_fields=["tries", "used"])
        if right:
            account, new = Account.objects.get_or_create(
                phone_key=key, defaults={"id": key[:24], "phone": phone}
            )
            session = Session.objects.create(
                id=secrets.token_hex(12), account=account, salt=secrets.token_hex(16)
            )
            if new:
                transaction.on_commit(lambda: welcome.delay(account.id))
    if not right:
        return JsonResponse({"title": "code_wrong"}, status=422)
    answer = {
        "access_token": token(account.id),
        "session": session.id,
        "account": {"id": account.id, "phone": phone},
    }
    return JsonResponse(answer, status=201)


def report(request: HttpRequest) -> HttpResponse:
    body, reporter = json.loads(request.body), who(request)
    east, north = (
        (body["location"][axis] - CENTRE[n]) * METRES[n]
        for n, axis in enumerate(("longitude", "latitude"))
    )
    with transaction.atomic():
        filed = Report.objects.create(
            id=f"rep_{secrets.token_hex(10)}",
            reporter=reporter,
            text=body["text"],
            category=body["category"],
            east_m=east,
            north_m=north,
        )
        transaction.on_commit(lambda: call_volunteers.delay(filed.id))
    return JsonResponse({"id": filed.id, "state": filed.state}, status=201)


_open: dict[str, set[asyncio.Queue[str]]] = defaultdict(set)
_hub: list[asyncio.Task[None]] = []


async def _listen() -> None:
    async with Redis.from_url(settings.BROKER, decode_responses=True).pubsub() as calls:
        await calls.subscribe(CHANNEL)
        async for message in calls.listen():
            if message["type"] == "message":
                person, alert = message["data"].split("\n", 1)
                for queue in _open.get(person, ()):
                    queue.put_nowait(alert)


async def stream(request: HttpRequest) -> StreamingHttpResponse:
    person = who(request)
    if not _hub:
        _hub.append(asyncio.create_task(_listen()))

    async def events():
        queue: asyncio.Queue[str] = asyncio.Queue()
        _open[person].add(queue)
        try:
            yield ": open\n\n"
            while True:
                yield f"event: alert\ndata: {await queue.get()}\n\n"
        finally:
            _open[person].discard(queue)

    return StreamingHttpResponse(events(), content_type="text/event-stream")

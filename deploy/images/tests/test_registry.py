"""A registry is asked by the distribution protocol; what it answers is told in words."""

import asyncio
import time

import pytest

from deploy.images.reference import PinError, parse
from deploy.images.registry import MAX_ATTEMPTS, MAX_MANIFEST_BYTES, Registries
from deploy.images.tests.distribution import Answer, Registry, Request, digest, serving

MANIFEST = b'{"schemaVersion": 2}'
HERE = {"library/mongo/manifests/8.0": MANIFEST}


async def _ask(registry: Registry, name: str = "mongo:8.0", within_s: float = 5.0) -> str:
    async with serving(registry), Registries(within_s, max_wait_s=5.0) as registries:
        return await registries.digest(parse(name, registry.url))


async def _refusal(registry: Registry, within_s: float = 5.0) -> str:
    with pytest.raises(PinError) as refused:
        await _ask(registry, within_s=within_s)
    assert str(refused.value).startswith("mongo:8.0: 127.0.0.1:")
    return str(refused.value)


def _always(answer: Answer) -> Registry:
    async def before(_: Request) -> Answer:
        return answer

    return Registry(HERE, before)


async def test_a_token_is_had_as_the_challenge_says_and_the_index_is_preferred() -> None:
    registry = Registry(HERE)
    assert await _ask(registry) == digest(MANIFEST)
    first, token, second = registry.requests
    assert {first.method, second.method} == {"HEAD"}
    assert first.headers["accept"].startswith("application/vnd.oci.image.index.v1+json, ")
    assert token.path == "/token?scope=repository%3Alibrary%2Fmongo%3Apull&service=here"
    assert "authorization" not in token.headers


async def test_a_registry_that_asks_for_nothing_gets_no_second_request() -> None:
    registry = Registry(HERE, wants_token=False)
    assert await _ask(registry) == digest(MANIFEST)
    assert len(registry.requests) == 1


async def test_without_the_optional_header_the_digest_is_the_hash_of_the_manifest() -> None:
    registry = Registry(HERE, says_digest=False)
    assert await _ask(registry) == digest(MANIFEST)
    assert registry.requests[-1].method == "GET"


async def test_a_missing_tag_and_a_private_image_are_told_apart() -> None:
    assert "has no such image or tag" in await _refusal(Registry({}))
    still = Answer(401, {"www-authenticate": 'Basic realm="x"'})
    assert "only public images are pinned" in await _refusal(_always(still))
    assert "it does not exist or is private" in await _refusal(_always(Answer(403)))


async def test_a_token_that_is_refused_or_is_none_is_told() -> None:
    for answer in (
        Answer(403),
        Answer(body=b"<html>"),
        Answer(body=b"[]"),
        Answer(body=b'{"token": "a\\nb"}'),
    ):

        async def before(request: Request, answer: Answer = answer) -> Answer | None:
            return answer if request.path.startswith("/token") else None

        assert "gave no token" in await _refusal(Registry(HERE, before))


@pytest.mark.parametrize(
    "answer",
    [
        Answer(401, {"www-authenticate": 'Bearer realm="http://registry.example/token"'}),
        Answer(307, {"location": "http://registry.example/v2/mongo"}),
    ],
)
async def test_no_other_machine_is_asked_unencrypted(answer: Answer) -> None:
    with pytest.raises(PinError, match=r"registry\.example would be asked unencrypted"):
        await _ask(_always(answer))


async def test_a_registry_that_asks_to_wait_is_asked_again_then() -> None:
    answers = [Answer(429, {"retry-after": "1"}), None, None, None]

    async def before(_: Request) -> Answer | None:
        return answers.pop(0)

    began = time.monotonic()
    assert await _ask(Registry(HERE, before)) == digest(MANIFEST)
    assert time.monotonic() - began >= 1


async def test_a_long_wait_is_left_to_the_operator() -> None:
    later = _always(Answer(429, {"retry-after": "3600"}))
    assert "try again in 3600 s" in await _refusal(later)
    assert len(later.requests) == 1
    busy = _always(Answer(503, {"retry-after": "0"}))
    assert "takes no more requests now (503)" in await _refusal(busy)
    assert len(busy.requests) == MAX_ATTEMPTS


async def test_a_page_in_place_of_a_manifest_is_no_image() -> None:
    page = Registry(HERE, content_type="text/html; charset=utf-8")
    assert "answered with text/html" in await _refusal(page)
    old = Registry(HERE, content_type="application/vnd.docker.distribution.manifest.v1+json")
    assert "which is no image" in await _refusal(old)


async def test_what_is_no_digest_is_not_written() -> None:
    headers = {"content-type": "application/vnd.oci.image.index.v1+json"}
    wrong = _always(Answer(200, {**headers, "docker-content-digest": "latest"}))
    assert "gave 'latest' as the digest" in await _refusal(wrong)


async def test_a_manifest_without_end_is_not_read_to_its_end() -> None:
    endless = Registry({**HERE, "library/mongo/manifests/8.0": b"x" * (MAX_MANIFEST_BYTES + 1)})
    endless.says_digest = False
    assert "is longer than" in await _refusal(endless)


async def test_a_registry_that_hangs_is_given_up() -> None:
    async def before(_: Request) -> Answer | None:
        await asyncio.Event().wait()

    assert "did not answer within 0.2 s" in await _refusal(Registry(HERE, before), within_s=0.2)


async def test_nobody_there_is_told() -> None:
    async with serving(Registry(HERE)) as gone:
        url = gone.url
    async with Registries() as registries:
        with pytest.raises(PinError, match="cannot be reached"):
            await registries.digest(parse("mongo:8.0", url))

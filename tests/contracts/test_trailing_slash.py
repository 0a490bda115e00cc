"""An address has one form. Another is not there, rather than somewhere else: where a redirect goes
would be built from the Host that the caller named."""

import re
from importlib import import_module

import httpx
import pytest

from deploy.gateway.openapi import documents
from deploy.gateway.plan import SERVICES


@pytest.mark.parametrize("service", SERVICES)
async def test_a_trailing_slash_is_no_redirect(service: str) -> None:
    transport = httpx.ASGITransport(import_module(f"services.{service}.main").app)
    async with httpx.AsyncClient(transport=transport, base_url="http://evil.example") as client:
        for path, item in documents()[service]["paths"].items():
            for method in item:
                answer = await client.request(method, re.sub(r"{\w+}", "x", path) + "/")
                assert answer.status_code in (404, 405), path
                assert "evil.example" not in str(answer.headers) + answer.text

"""Text messages by Alibaba Cloud: Dysmsapi `SendSms` (2017-05-25), signed with ACS3-HMAC-SHA256.

Source: Alibaba Cloud, "Request syntax and signature method V3"; its published example is a test.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

import httpx
import orjson
import structlog

from services.registration.sign_in.sms.sender import NotSent

log = structlog.get_logger()
_ALGORITHM = "ACS3-HMAC-SHA256"
_TIMEOUT_S = 4.0
_PHONE_REFUSED = {
    "isv.MOBILE_NUMBER_ILLEGAL",
    "isv.MOBILE_COUNT_OVER_LIMIT",
    "isv.BLACK_KEY_CONTROL_LIMIT",
}


@dataclass(frozen=True)
class AliyunAccount:
    """An access key that may send messages, with the approved signature and templates: one has
    `${code}`, that of the notice has no places."""

    key_id: str
    key_secret: str
    sign_name: str
    template: str
    endpoint: str = "https://dysmsapi.aliyuncs.com"
    proxy: str = ""
    notice_template: str = ""


def canonical_query(parameters: Mapping[str, str]) -> str:
    """RFC 3986 encoding, sorted by name."""
    return "&".join(
        f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(parameters.items())
    )


def authorization(
    method: str, query: str, headers: Mapping[str, str], key_id: str, key_secret: str
) -> str:
    """The `Authorization` header of a request to `/` without a body. `headers` are the signed ones,
    their names in lower case."""
    signed = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    request = "\n".join((method, "/", query, lines, signed, headers["x-acs-content-sha256"]))
    to_sign = f"{_ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(key_secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{_ALGORITHM} Credential={key_id},SignedHeaders={signed},Signature={signature}"


class AliyunSms:
    def __init__(self, account: AliyunAccount) -> None:
        self._account = account
        self._client: httpx.AsyncClient | None = None

    async def start(self) -> None:
        self._client = httpx.AsyncClient(
            base_url=self._account.endpoint,
            timeout=_TIMEOUT_S,
            follow_redirects=False,
            proxy=self._account.proxy or None,
        )

    async def stop(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def send_code(self, phone: str, code: str) -> None:
        await self._send(phone, self._account.template, {"code": code})

    async def send_phone_changed(self, phone: str) -> None:
        if not self._account.notice_template:
            raise NotSent("no_notice_template")
        await self._send(phone, self._account.notice_template, {})

    async def _send(self, phone: str, template: str, values: Mapping[str, str]) -> None:
        if self._client is None:
            raise NotSent("not_started")
        query = canonical_query(
            {
                "PhoneNumbers": phone.removeprefix("+86"),
                "SignName": self._account.sign_name,
                "TemplateCode": template,
                "TemplateParam": orjson.dumps(values).decode(),
            }
        )
        try:
            answer = await self._client.post(f"/?{query}", headers=self._headers(query))
            result = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise NotSent(type(error).__name__) from None
        reason = (
            str(result.get("Code", answer.status_code))
            if isinstance(result, dict)
            else "unreadable"
        )
        if reason != "OK" or answer.is_error:
            raise NotSent(reason, phone_refused=reason in _PHONE_REFUSED)
        log.info("message accepted by the provider", receipt=str(result.get("BizId", ""))[:40])

    def _headers(self, query: str) -> dict[str, str]:
        headers = {
            "host": httpx.URL(self._account.endpoint).netloc.decode(),
            "x-acs-action": "SendSms",
            "x-acs-version": "2017-05-25",
            "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        }
        signed = authorization(
            "POST", query, headers, self._account.key_id, self._account.key_secret
        )
        return headers | {"authorization": signed, "accept": "application/json"}

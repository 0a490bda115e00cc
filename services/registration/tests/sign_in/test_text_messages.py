"""Alibaba Cloud's text messages: its own published example of a signature, and a stand-in for its
server."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from services.registration.sign_in.sms.aliyun import (
    AliyunAccount,
    AliyunSms,
    authorization,
    canonical_query,
)
from services.registration.sign_in.sms.sender import NotSent


def test_the_signature_of_the_published_example() -> None:
    query = canonical_query(
        {
            "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
            "RegionId": "cn-shanghai",
        }
    )
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    assert authorization("POST", query, headers, "YourAccessKeyId", "YourAccessKeySecret") == (
        "ACS3-HMAC-SHA256 "
        "Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_parameters_are_encoded_as_rfc_3986_says() -> None:
    assert (
        canonical_query({"b": "a b*~", "a": '{"code":"1"}'})
        == "a=%7B%22code%22%3A%221%22%7D&b=a%20b%2A~"
    )


class StandIn:
    """Answers every request the same, and keeps what it was asked."""

    def __init__(self, status: int, body: str) -> None:
        self._answer = (
            f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
        ).encode()
        self.target, self.headers = "", dict[str, str]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        self.target = lines[0].split(" ")[1]
        self.headers = {
            k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:] if line)
        }
        writer.write(self._answer)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def sms(stand_in: StandIn, notice: str = "") -> AsyncGenerator[AliyunSms]:
    server = await asyncio.start_server(stand_in.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sender = AliyunSms(
        AliyunAccount("key", "secret", "泉城义警", "SMS_1", f"http://127.0.0.1:{port}", "", notice)
    )
    await sender.start()
    try:
        yield sender
    finally:
        await sender.stop()
        server.close()


def signed_again(stand_in: StandIn) -> str:
    """The signature as the server would work it out from what arrived."""
    names = stand_in.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    headers: Mapping[str, str] = {name: stand_in.headers[name] for name in names}
    return authorization("POST", urlsplit(stand_in.target).query, headers, "key", "secret")


async def test_a_code_goes_out_signed() -> None:
    stand_in = StandIn(200, '{"Code": "OK", "Message": "OK", "BizId": "1"}')
    async with sms(stand_in) as sender:
        await sender.send_code("+8613812345678", "042195")
    sent = parse_qs(urlsplit(stand_in.target).query)
    assert sent == {
        "PhoneNumbers": ["13812345678"],
        "SignName": ["泉城义警"],
        "TemplateCode": ["SMS_1"],
        "TemplateParam": ['{"code":"042195"}'],
    }
    assert stand_in.headers["x-acs-action"] == "SendSms"
    assert stand_in.headers["authorization"] == signed_again(stand_in)


async def test_the_old_number_is_told_by_a_template_of_its_own_or_not_at_all() -> None:
    stand_in = StandIn(200, '{"Code": "OK", "BizId": "1"}')
    async with sms(stand_in, notice="SMS_2") as sender:
        await sender.send_phone_changed("+8613812345678")
    sent = parse_qs(urlsplit(stand_in.target).query)
    assert (sent["TemplateCode"], sent["TemplateParam"]) == (["SMS_2"], ["{}"])
    async with sms(stand_in) as sender:
        with pytest.raises(NotSent, match="no_notice_template"):
            await sender.send_phone_changed("+8613812345678")


@pytest.mark.parametrize(
    ("status", "body", "reason", "phone_refused"),
    [
        (200, '{"Code": "isv.BUSINESS_LIMIT_CONTROL"}', "isv.BUSINESS_LIMIT_CONTROL", False),
        (200, '{"Code": "isv.MOBILE_NUMBER_ILLEGAL"}', "isv.MOBILE_NUMBER_ILLEGAL", True),
        (403, '{"Code": "SignatureDoesNotMatch"}', "SignatureDoesNotMatch", False),
        (500, "<html>", "JSONDecodeError", False),
        (200, "[]", "unreadable", False),
        (503, "{}", "503", False),
    ],
)
async def test_what_the_carrier_refuses_is_told_by_its_code(
    status: int, body: str, reason: str, phone_refused: bool
) -> None:
    async with sms(StandIn(status, body)) as sender:
        with pytest.raises(NotSent) as refused:
            await sender.send_code("+8613812345678", "042195")
    assert (refused.value.reason, refused.value.phone_refused) == (reason, phone_refused)


async def test_nobody_there_is_not_sent() -> None:
    sender = AliyunSms(AliyunAccount("key", "secret", "s", "t", "http://127.0.0.1:9"))
    await sender.start()
    with pytest.raises(NotSent, match="ConnectError"):
        await sender.send_code("+8613812345678", "042195")
    await sender.stop()

"""The running service: what an app is told before anybody signs in."""

import pytest

from services.registration.settings import RegistrationSettings
from services.registration.tests.live import Client


@pytest.mark.servers
async def test_an_app_is_told_without_a_token_and_may_keep_it(client: Client) -> None:
    found = await client.http.get("client-settings")
    assert found.status_code == 200, found.text
    assert found.headers["cache-control"] == "public, max-age=300"
    told = found.json()
    assert (told["tiles"], told["push_public_key"]) == (None, None)
    assert (told["sms_sign_in"], told["demonstration"]) == (True, True)
    assert [one["number"] for one in told["emergency_numbers"]] == ["110", "119", "120"]
    assert all(one["name"]["zh"] and one["name"]["en"] for one in told["emergency_numbers"])


def test_what_is_no_demonstration_does_not_say_so() -> None:
    real = RegistrationSettings(sms="aliyun", tiles_url="https://t/{z}/{x}/{y}").for_clients()
    assert (real.sms_sign_in, real.demonstration) == (True, False)
    assert RegistrationSettings(sms="").for_clients().sms_sign_in is False

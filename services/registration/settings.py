"""Registration's settings, besides those of every service."""

from dataclasses import dataclass
from typing import Literal

from chassis.settings import Settings
from jinan.coordinates import Datum

NOT_SET = "0" * 64
"""A key for a service that is only described. It never serves: `missing` names it."""


@dataclass(frozen=True)
class ClientSettings:
    """What the apps are told. Without `tiles_url` they draw no tiles."""

    tiles_url: str
    tiles_datum: Datum
    sms_sign_in: bool
    demonstration: bool


class RegistrationSettings(Settings):
    http_port: int = 8101
    field_key: str = ""
    """64 hex digits: encrypts names, phones and ID numbers."""
    lookup_key: str = ""
    """64 hex digits: the hashes that find them, sign-in codes and refresh tokens. With another key
    all accounts are lost."""
    signing_key: str = ""
    """EC P-256 private keys in PEM; the first signs, all are published. Or in a file:"""
    signing_key_file: str = ""
    sms: Literal["", "local", "aliyun"] = ""
    """Has to be said. `local` keeps messages for developers, and accepts unassigned phone numbers:
    for invented people only."""
    dev_key: str = ""
    """The value of `X-Dev-Key` that reads local messages; empty: none does."""
    aliyun_key_id: str = ""
    aliyun_key_secret: str = ""
    aliyun_sign_name: str = ""
    aliyun_template: str = ""
    aliyun_endpoint: str = "https://dysmsapi.aliyuncs.com"
    aliyun_proxy: str = ""
    """An HTTP proxy that leads there, where nothing else does: `http://host:port`."""

    aliyun_notice_template: str = ""
    """An approved template without places, which tells the old number that the account has another.
    Empty: nobody can change their phone."""
    tiles_url: str = ""
    """Where the apps get a map's tiles: `https://host/{z}/{x}/{y}.png`; the page's CSP must allow
    the host. Empty: the apps draw the areas' shapes alone."""
    tiles_datum: Datum = "wgs84"
    """The datum of these tiles: Tianditu wgs84, AMap gcj02."""

    def for_clients(self) -> ClientSettings:
        return ClientSettings(
            self.tiles_url, self.tiles_datum, bool(self.sms), demonstration=self.sms == "local"
        )

    def missing(self) -> list[str]:
        """The variables that it cannot serve without, and that are not set."""
        needed = {
            "FIELD_KEY": self.field_key,
            "LOOKUP_KEY": self.lookup_key,
            "SIGNING_KEY or SIGNING_KEY_FILE": self.signing_key or self.signing_key_file,
            "SMS (aliyun; local, in compose DEMONSTRATION=1, for invented people)": self.sms,
        }
        if self.sms == "aliyun":
            needed |= {
                "ALIYUN_KEY_ID": self.aliyun_key_id,
                "ALIYUN_KEY_SECRET": self.aliyun_key_secret,
                "ALIYUN_SIGN_NAME": self.aliyun_sign_name,
                "ALIYUN_TEMPLATE": self.aliyun_template,
            }
        return [name for name, value in needed.items() if not value]

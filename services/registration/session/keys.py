"""The keys that sign access tokens: ES256 on P-256, published as a JWKS."""

import re
from functools import cached_property
from pathlib import Path

from joserfc.jwk import ECKey, Key, KeySet

_PEM = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL
)


class SigningKeys:
    """From PEM text. The first key signs, all are published: put a new one behind the old, then in
    front of it.

    Without any, one is made when it is first asked for: enough to describe the API, not to serve.
    """

    def __init__(self, pem: str, file: str = "") -> None:
        self._pem, self._file = pem, file

    @property
    def configured(self) -> bool:
        return bool(self._pem or self._file)

    @cached_property
    def all(self) -> list[ECKey]:
        """Raises ValueError for a text without a P-256 private key, OSError for a file that cannot
        be read."""
        if not self.configured:
            return [_with_kid(ECKey.generate_key("P-256"))]
        text = (self._pem or Path(self._file).read_text("utf-8")).replace("\\n", "\n")
        keys = [_with_kid(ECKey.import_key(block)) for block in _PEM.findall(text)]
        if not keys or any(key.curve_name != "P-256" for key in keys):
            raise ValueError("SIGNING_KEY must hold EC private keys on P-256, in PEM")
        return keys

    @property
    def signing(self) -> ECKey:
        return self.all[0]

    @cached_property
    def published(self) -> KeySet:
        """Public parts only."""
        keys: list[Key] = [ECKey.import_key({**public(key)}) for key in self.all]
        return KeySet(keys)


def public(key: ECKey) -> dict[str, str]:
    """The public JWK; `kid` is the key's thumbprint (RFC 7638)."""
    parts = key.as_dict(private=False)
    return {name: str(parts[name]) for name in ("kty", "crv", "x", "y", "kid")} | {
        "use": "sig",
        "alg": "ES256",
    }


def _with_kid(key: ECKey) -> ECKey:
    return ECKey.import_key(key.as_dict(private=True) | {"kid": key.thumbprint()})

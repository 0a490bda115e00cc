"""Which fields of a document are personal, and how they are sealed: taken out together, encrypted
as one value (AES-256-GCM) and stored in the field `sealed`.

What is left in their places is what a reader without the key gets. Pure: no I/O.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"
_FIELD = "sealed"
Fields = dict[str, Any]


class PersonalField(NamedTuple):
    """`path`: dots between names, `*` for each element of an array. Values are what JSON can hold.

    `left`: the value (not personal) that stays in the place of this one.
    """

    path: str
    left: Callable[[Any], Any]


def nothing(_: Any) -> None:
    """Leaves null."""


def empty(value: Any) -> str | None:
    """Leaves an empty text, or null in the place of null."""
    return None if value is None else ""


def encrypt(key: bytes, plain: bytes, context: str) -> bytes:
    """Bound to its context: it cannot be moved to another document."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def decrypt(key: bytes, encrypted: bytes, context: str) -> bytes:
    """Raises cryptography.exceptions.InvalidTag if key, context and bytes do not match."""
    nonce, rest = encrypted[1 : 1 + _NONCE_BYTES], encrypted[1 + _NONCE_BYTES :]
    return AESGCM(key).decrypt(nonce, rest, context.encode())


def seal(fields: Fields, personal: Sequence[PersonalField], key: bytes | None, context: str) -> Any:
    """The fields with their personal ones sealed, changed in place. Without a key (it was
    destroyed) they are left out: never stored in plain text."""
    taken: Fields = {}
    for field in personal:
        for path, container, name in _places(fields, field.path.split(".")):
            value, left = container[name], field.left(container[name])
            if value != left:
                taken[path], container[name] = value, left
    sealed = encrypt(key, orjson.dumps(taken), context) if taken and key else None
    fields[_FIELD] = sealed
    return fields


def is_readable(document: Fields, personal: Sequence[PersonalField]) -> bool:
    """Whether a stored document has a personal value that is not sealed."""
    return any(
        _stored(container[name]) != _stored(field.left(container[name]))
        for field in personal
        for _, container, name in _places(document, field.path.split("."))
    )


def _stored(value: Any) -> Any:
    """As the store gives it back: it knows no tuples."""
    return [*value] if isinstance(value, tuple) else value


def open_sealed(document: Fields, key: bytes | None, context: str) -> None:
    """Put the personal fields back into their places, as far as the document was loaded with these;
    without a key nothing changes. Raises InvalidTag for a key that is not the document's."""
    sealed = document.get(_FIELD)
    if sealed is None or key is None:
        return
    for path, value in orjson.loads(decrypt(key, bytes(sealed), context)).items():
        *inner, last = path.split(".")
        if (container := _inner(document, inner)) is not None:
            container[last] = value


def is_sealed(document: Fields) -> bool:
    return document.get(_FIELD) is not None


def _places(
    container: Any, parts: Sequence[str], before: str = ""
) -> Iterator[tuple[str, Fields, str]]:
    """(path, the dict that holds it, its name) of each value that the path leads to."""
    first, *rest = parts
    if first == "*":
        for n, element in enumerate(container or ()):
            yield from _places(element, rest, f"{before}{n}.")
    elif isinstance(container, dict) and first in container:
        if rest:
            yield from _places(container[first], rest, f"{before}{first}.")
        else:
            yield f"{before}{first}", container, first


def _inner(document: Fields, parts: Sequence[str]) -> Any:
    """None where it was not loaded."""
    container: Any = document
    for part in parts:
        if isinstance(container, list):
            elements: list[Any] = container
            container = elements[int(part)]
        else:
            container = container.get(part)
        if container is None:
            return None
    return container

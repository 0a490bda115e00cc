"""Compatible changes of a contract are additions. Anything else needs a new event beside the old
one.

A topic keeps old messages, and readers and publishers are deployed at different times: an old
message must fit the new model, and a new message the old one.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import BaseModel

from contracts.envelope import Event

Schema = Mapping[str, Any]
Released = dict[str, dict[str, Any]]
"""Name of an event (or `Envelope`) -> topic, key, version, state if it has one, and JSON schema
without descriptions."""

_WORDS = ("title", "description", "examples", "example", "default")
_BESIDE = (
    "publish a new event beside it (version 2, a name of its own) until nobody reads the old one"
)


def released_form(model: type[BaseModel]) -> dict[str, Any]:
    """What is kept of a contract to compare with later."""
    schema = model.model_json_schema()
    form: dict[str, Any] = {"schema": _plain(schema, schema.get("$defs", {}))}
    if issubclass(model, Event):
        form |= {"topic": model.topic, "key": model.key, "version": model.version}
        form |= {"state": model.state} if model.state else {}
    return form


def _plain(schema: Any, definitions: Schema) -> Any:
    """The schema with references resolved and descriptions left out; a constant is an enumeration
    of one value."""
    if isinstance(schema, list):
        return [_plain(item, definitions) for item in cast(list[Any], schema)]
    if not isinstance(schema, dict):
        return schema
    node = cast(dict[str, Any], schema)
    if "$ref" in node:
        return _plain(definitions[node["$ref"].rpartition("/")[2]], definitions)
    plain: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties":
            plain[key] = {name: _plain(field, definitions) for name, field in value.items()}
        elif key == "const":
            plain["enum"] = [value]
        elif key not in ("$defs", *_WORDS):
            plain[key] = _plain(value, definitions)
    return plain


def breaks(old: Released, new: Released) -> Iterator[str]:
    """Each change from `old` to `new` that is not an addition: event, field, problem and remedy."""
    for name, before in old.items():
        after = new.get(name)
        if after is None:
            yield (
                f"{name}: the event was removed. "
                "Right: keep it; topics still hold it and readers expect it."
            )
            continue
        yield from _moved(name, before, after)
        yield from _changed(name, before["schema"], after["schema"])


def _moved(name: str, before: Schema, after: Schema) -> Iterator[str]:
    for what in ("topic", "key"):
        if before.get(what) != after.get(what):
            yield (
                f"{name}: its {what} changed from '{before.get(what)}' to '{after.get(what)}', "
                f"so the order of its aggregate is lost. Right: restore it, or {_BESIDE}."
            )
    if before.get("state") and before["state"] != after.get("state"):
        yield (
            f"{name}: its state changed from '{before['state']}' to '{after.get('state', '')}', so "
            "the old one would stay on the snapshot topic for ever. "
            f"Right: restore it, or {_BESIDE}."
        )
    if after.get("version", 1) < before.get("version", 1):
        yield (
            f"{name}: its version fell from {before['version']} to {after['version']}. "
            "Right: versions only grow."
        )


def _changed(path: str, before: Schema, after: Schema) -> Iterator[str]:
    if {*before} - {"properties", "required"} != {*after} - {"properties", "required"}:
        yield _type_changed(path, before, after)
        return
    yield from _fields(path, before, after)
    for key in before.keys() - {"properties", "required"}:
        if key == "enum":
            yield from _values(path, before[key], after[key])
        elif key == "items":
            yield from _changed(f"{path}[]", before[key], after[key])
        elif key == "anyOf" and len(before[key]) == len(after[key]):
            for one, other in zip(before[key], after[key], strict=True):
                yield from _changed(path, one, other)
        elif before[key] != after[key]:
            yield _type_changed(path, before, after)


def _fields(path: str, before: Schema, after: Schema) -> Iterator[str]:
    old, new = before.get("properties", {}), after.get("properties", {})
    needed = {*after.get("required", [])} - {*before.get("required", [])}
    for name, schema in old.items():
        if name not in new:
            yield (
                f"{path}.{name}: the field was removed. "
                f"Right: keep it and keep filling it, or {_BESIDE}."
            )
        else:
            yield from _changed(f"{path}.{name}", schema, new[name])
            if name in needed:
                yield (
                    f"{path}.{name}: the field became required. "
                    "Right: leave it optional; old messages lack it."
                )
    for name in new.keys() - old.keys():
        if name in needed:
            yield (
                f"{path}.{name}: a new field is required. "
                "Right: one with a default; old messages lack it."
            )


def _values(path: str, before: list[Any], after: list[Any]) -> Iterator[str]:
    for value in before:
        if value not in after:
            yield f"{path}: the value '{value}' was removed. Right: keep it; old messages hold it."


def _type_changed(path: str, before: Schema, after: Schema) -> str:
    return (
        f"{path}: the type changed from {_words(before)} to {_words(after)}. "
        f"Right: add an optional field with the new type beside it, or {_BESIDE}."
    )


def _words(schema: Schema) -> str:
    """A type in a few words, as in `string (date-time)` or `string or null`."""
    if "anyOf" in schema:
        return " or ".join(_words(one) for one in schema["anyOf"])
    rest = ", ".join(
        f"{key}={schema[key]}"
        for key in schema
        if key not in ("type", "properties", "required", "items")
    )
    return f"{schema.get('type', 'anything')}{f' ({rest})' if rest else ''}"

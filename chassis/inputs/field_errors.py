"""What is wrong with a part of a request, in words: of what pydantic finds only the limit is shown,
no pattern, no name of a type, and no value, which may be personal."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import TypedDict

from contracts.texts import forms, keys, text

_MAX_ERRORS = 20
_SAME: Mapping[str, str] = {
    "string_sub_type": "string_type",
    "string_unicode": "string_type",
    "int_parsing": "int_type",
    "int_parsing_size": "int_type",
    "int_from_float": "int_type",
    "float_type": "number",
    "float_parsing": "number",
    "finite_number": "number",
    "decimal_type": "number",
    "decimal_parsing": "number",
    "bool_parsing": "bool_type",
    "enum": "literal_error",
    "tuple_type": "list_type",
    "set_type": "list_type",
    "frozen_set_type": "list_type",
    "iterable_type": "list_type",
    "dict_type": "object",
    "mapping_type": "object",
    "model_type": "object",
    "model_attributes_type": "object",
    "dataclass_type": "object",
    "datetime_type": "datetime",
    "datetime_parsing": "datetime",
    "datetime_from_date_parsing": "datetime",
    "datetime_object_invalid": "datetime",
    "date_type": "date",
    "date_parsing": "date",
    "date_from_datetime_parsing": "date",
    "date_from_datetime_inexact": "date",
}
"""Type of an error -> key in section `invalid` of the catalogue, where it is not the same."""


class FieldProblem(TypedDict):
    """One part of the request that is wrong. `field` is its path, as in
    `body.location.latitude`."""

    field: str
    problem: str
    problem_en: str


def field_problems(found: Sequence[Mapping[str, Any]]) -> list[FieldProblem]:
    """Of `ValidationError.errors()`; the first twenty."""
    return [_of(error) for error in found[:_MAX_ERRORS]]


def _of(error: Mapping[str, Any]) -> FieldProblem:
    kind, limits = error["type"], dict(error.get("ctx", {}))
    if kind == "json_invalid":  # its path has the place in the text
        return field_problem("body", "problem.body_unreadable", {})
    path = ".".join(map(str, error["loc"]))
    if kind == "string_pattern_mismatch":
        return field_problem(path, forms().get(limits["pattern"], "invalid.other"), {})
    for name, limit in limits.items():
        if isinstance(limit, float) and limit.is_integer():
            limits[name] = int(limit)
    key = f"invalid.{_SAME.get(kind, kind)}"
    if key == "invalid.literal_error":
        limits["expected"] = "、".join(re.findall(r"'([^']*)'", str(limits["expected"])))
    return field_problem(path, key if key in keys() else "invalid.other", limits)


def field_problem(path: str, key: str, values: Mapping[str, object]) -> FieldProblem:
    """With the text of `key`, whose places the values fill."""
    hint = text(key, **values)
    return {"field": path, "problem": hint.zh, "problem_en": hint.en}

"""The problems that an operation may answer with, as its document lists them."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus

from pydantic import TypeAdapter

from chassis.http.openapi.schemas import SCHEMAS, Document, tidy
from chassis.http.problems import MEDIA_TYPE, ProblemDocument, problem_type
from contracts.texts import keys, template

Problems = dict[int, set[str]]
"""HTTP status -> codes of the problems that may come with it."""
METHODS = ("get", "post", "put", "patch", "delete")
PROBLEM_TYPE = "ProblemType"
_HEADERS: Mapping[str, Document] = {
    "Retry-After": {
        "description": "Seconds to wait before trying again",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {"description": "Always Bearer", "schema": {"const": "Bearer"}},
}
_HEADER_OF = {401: "WWW-Authenticate", **dict.fromkeys((409, 429, 503, 504), "Retry-After")}


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """(method, path, operation) of each operation."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def add_problems(operation: Document, problems: Problems) -> None:
    """Adds answers, or further types to those that are there."""
    answers = operation["responses"]
    for status, codes in problems.items():
        known = answers.get(str(status), {}).get("x-problems", ())
        answers[str(status)] = _problem_answer(status, sorted({*known, *codes}))
    operation["responses"] = dict(sorted(answers.items()))


def _problem_answer(status: int, codes: list[str]) -> Document:
    header = _HEADER_OF.get(status)
    types = {"properties": {"type": {"enum": [problem_type(code) for code in codes]}}}
    schema = {"allOf": [{"$ref": f"{SCHEMAS}/ProblemDocument"}, {"type": "object", **types}]}
    answer: Document = {
        "description": f"{HTTPStatus(status).phrase}\n\n" + "\n".join(map(_explained, codes)),
        "content": {MEDIA_TYPE: {"schema": schema, "examples": _examples(status, codes)}},
        "x-problems": codes,
    }
    if header:
        answer["headers"] = {header: _HEADERS[header]}
    return answer


def _examples(status: int, codes: list[str]) -> Document:
    return {
        code: {
            "value": ProblemDocument(
                type=problem_type(code),
                title=template(title_key(code)).zh,
                title_en=template(title_key(code)).en,
                status=status,
            )
        }
        for code in codes
    }


def _explained(code: str) -> str:
    return f"- `{code}`: {both(title_key(code))}"


def title_key(code: str) -> str:
    """The catalogue's key for the title of a problem, the gateway's own included."""
    return f"problem.{code}" if f"problem.{code}" in keys() else f"gateway.{code}"


def both(key: str) -> str:
    """Chinese and English side by side."""
    found = template(key)
    return f"{found.zh} | {found.en}"


def add_problem_schemas(document: Document) -> None:
    """The form of a problem, and every type that an operation of the document gives."""
    schema = TypeAdapter(ProblemDocument).json_schema(ref_template=f"{SCHEMAS}/{{model}}")
    schemas = document["components"]["schemas"]
    schemas |= schema.pop("$defs", {})
    schemas["ProblemDocument"] = schema
    tidy(schemas)
    schema["properties"]["type"] = {"$ref": f"{SCHEMAS}/{PROBLEM_TYPE}"}
    given = {
        problem_type(code)
        for _, _, operation in operations(document)
        for answer in operation["responses"].values()
        for code in answer.get("x-problems", ())
    }
    schemas[PROBLEM_TYPE] = {"type": "string", "enum": sorted(given)}
    document["components"]["schemas"] = dict(sorted(schemas.items()))

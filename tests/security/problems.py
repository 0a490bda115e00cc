"""What a refused request must be answered with."""

from typing import Any

import httpx


def assert_problem(
    answer: httpx.Response, status: int | tuple[int, ...], *fields: str
) -> dict[str, Any]:
    """The problem document; fails unless it is one, of this status, and names these fields."""
    statuses = (status,) if isinstance(status, int) else status
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text[:500]}"
    assert answer.headers["content-type"].startswith("application/problem+json")
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["title"]
    assert document["title_en"]
    named = [error["field"] for error in document.get("errors", [])]
    for field in fields:
        assert any(field in name for name in named), f"{field} is not named in {named}"
    return document

"""Change an aggregate, or begin it where there is none yet: two callers at once end up with one."""

from collections.abc import Callable
from typing import TypeVar

from chassis.aggregate import Aggregate
from chassis.idempotency import Cause
from chassis.problem import Problem
from chassis.store import Decision, Repository

A = TypeVar("A", bound=Aggregate)


async def change_or_begin(
    repository: Repository[A], blank: A, decide: Callable[[A], Decision[A] | None], cause: Cause
) -> A:
    """As `Repository.change`, with `blank` as the state of what is not there."""
    try:
        return await repository.change(blank.id, decide, cause)
    except Problem as problem:
        if problem.status != 404:
            raise
    decision = decide(blank)
    if decision is None:
        return blank
    try:
        return await repository.add(*decision, cause)
    except Problem as problem:
        if problem.code != "already_exists":
            raise
    return await repository.change(blank.id, decide, cause)

"""How a domain's no reaches who asked."""

from collections.abc import Generator
from contextlib import contextmanager

from chassis.problem import Problem
from services.dispatch.refusal import Refusal


@contextmanager
def told() -> Generator[None]:
    """Turns a Refusal into a 409 problem document."""
    try:
        yield
    except Refusal as refusal:
        raise Problem(409, refusal.code, fields=None, retry_after=None, **refusal.values) from None

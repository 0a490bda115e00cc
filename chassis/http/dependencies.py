"""What `main.py` provides to routes, by its type."""

from typing import Annotated, Any

from fastapi import Depends, Request

from chassis.clock import Clock


class Provided:
    def __init__(self, kind: type[Any]) -> None:
        self.kind = kind

    async def __call__(self, request: Request) -> Any:
        return request.app.state.provided[self.kind]


def provided(kind: type[Any]) -> Any:
    """`duty: Annotated[DutyHandlers, provided(DutyHandlers)]`."""
    return Depends(Provided(kind))


Now = Annotated[Clock, provided(Clock)]

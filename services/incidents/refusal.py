"""What the domain raises when it says no. Pure; `answer.py` makes a problem document of it."""


class Refusal(Exception):
    """`code` is a key of the catalogue's section `problem`; with `field`, that field of the request
    is wrong."""

    def __init__(self, code: str, field: str | None = None, **values: int | str) -> None:
        super().__init__(code)
        self.code, self.field, self.values = code, field, values

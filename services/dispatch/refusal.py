"""What a domain raises when it says no."""


class Refusal(Exception):
    """`code` is a key of the catalogue's section `problem`; `values` fill its places."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code, self.values = code, values

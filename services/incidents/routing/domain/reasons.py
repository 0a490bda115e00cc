"""The reasons of a decision, in words."""

from collections.abc import Iterable

from contracts.texts import LocalizedText, keys, text


def reasons(because: Iterable[str]) -> tuple[LocalizedText, ...]:
    """A code that has no words, as of a version before, stands for itself."""
    return tuple(_reason(code) for code in because)


def _reason(code: str) -> LocalizedText:
    key = f"because.{code}"
    return text(key) if key in keys() else LocalizedText(zh=code, en=code)

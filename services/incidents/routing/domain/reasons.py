"""The reasons of a decision, in words."""

from collections.abc import Iterable

from contracts.texts import LocalizedText, text


def reasons(because: Iterable[str]) -> tuple[LocalizedText, ...]:
    """Raises KeyError for a code that has no words."""
    return tuple(text(f"because.{code}") for code in because)

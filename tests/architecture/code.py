"""How code is counted: as formatted, or without blank lines, comments and docstrings."""

import ast
import io
import tokenize
from collections.abc import Iterator

_STRUCTURE = frozenset(
    (
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENCODING,
        tokenize.ENDMARKER,
    )
)


def tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """Without comments and docstrings."""
    before = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        starts_line = before in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        if token.type == tokenize.STRING and starts_line:
            continue
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            before = token.type
            yield token


def code_lines(text: str) -> int:
    """Lines that hold code."""
    return len(
        {
            line
            for token in tokens(text)
            if token.type not in _STRUCTURE
            for line in range(token.start[0], token.end[0] + 1)
        }
    )


def long_definitions(
    tree: ast.Module, limit: int, *kinds: type[ast.AST]
) -> Iterator[tuple[str, int]]:
    """(name, lines as formatted) of functions, or of the given kinds, above the limit."""
    wanted = kinds or (ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, wanted):
            length = (getattr(node, "end_lineno", 0) or 0) - getattr(node, "lineno", 0) + 1
            if length > limit:
                yield getattr(node, "name", "?"), length

"""How much work a regular expression is: a backtracking matcher that counts its steps. A test of
time would depend on the machine; this does not."""

import re
from collections.abc import Callable, Iterator, Sequence
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

UNBOUNDED = 1000
_Next = Callable[[int], bool]


def steps(pattern: re.Pattern[str], text: str) -> int:
    """Of a search that finds everything, as `finditer` and `sub` do."""
    matcher, at = _Matcher(text), 0
    nodes = list(parser.parse(pattern.pattern, pattern.flags))
    while at <= len(text):
        end = matcher.match(nodes, at)
        at = max(end, at + 1) if end is not None else at + 1
    return matcher.steps


def search(pattern: re.Pattern[str], text: str) -> tuple[int, int] | None:
    """Where it matches first, as `re` says too: so the matcher can be trusted."""
    nodes = list(parser.parse(pattern.pattern, pattern.flags))
    for at in range(len(text) + 1):
        end = _Matcher(text).match(nodes, at)
        if end is not None:
            return at, end
    return None


def repeated(pattern: re.Pattern[str]) -> list[str]:
    """A sign of each kind that the pattern takes any number of; empty where its work at each place
    is bounded."""
    return sorted(
        {
            sign
            for node in _unbounded(parser.parse(pattern.pattern, pattern.flags))
            for sign in _signs(node)
        }
    )


def _unbounded(nodes: Any) -> Iterator[Any]:
    for op, args in nodes:
        for inner in _inside(op, args):
            yield from _unbounded(inner)
        if op in (c.MAX_REPEAT, c.MIN_REPEAT) and args[1] > UNBOUNDED:
            yield args[2]


def _inside(op: Any, args: Any) -> Sequence[Any]:
    if op in (c.MAX_REPEAT, c.MIN_REPEAT):
        return [args[2]]
    if op is c.SUBPATTERN:
        return [args[3]]
    if op is c.BRANCH:
        return args[1]
    return [args[1]] if op in (c.ASSERT, c.ASSERT_NOT) else []


def _signs(nodes: Any) -> Iterator[str]:
    for op, args in nodes:
        if op is c.LITERAL:
            yield chr(args)
        elif op in (c.IN, c.ANY, c.NOT_LITERAL):
            found = [s for s in "a1 ,好.-_@零" if _takes(op, args, s)]
            if op is c.IN and args[0][0] in (c.LITERAL, c.RANGE):
                first = args[0][1]
                found.append(chr(first if isinstance(first, int) else first[0]))
            yield from found
        for inner in _inside(op, args):
            yield from _signs(inner)


def _takes(op: Any, args: Any, sign: str) -> bool:
    if op is c.LITERAL:
        return ord(sign) == args
    if op is c.NOT_LITERAL:
        return ord(sign) != args
    if op is c.ANY:
        return sign != "\n"
    negated = args[0][0] is c.NEGATE
    return negated != any(_of_set(item, sign) for item in args if item[0] is not c.NEGATE)


def _of_set(item: Any, sign: str) -> bool:
    op, args = item
    if op is c.LITERAL:
        return ord(sign) == args
    if op is c.RANGE:
        return args[0] <= ord(sign) <= args[1]
    kinds = {
        c.CATEGORY_DIGIT: sign.isdigit(),
        c.CATEGORY_SPACE: sign.isspace(),
        c.CATEGORY_WORD: sign.isalnum() or sign == "_",
    }
    return kinds[args]


class _Matcher:
    def __init__(self, text: str) -> None:
        self.text, self.steps = text, 0
        self._groups: dict[int, str] = {}

    def match(self, nodes: Sequence[Any], at: int) -> int | None:
        ends: list[int] = []
        found = self._all(nodes, 0, at, lambda end: ends.append(end) is None)
        return ends[0] if found else None

    def _all(self, nodes: Sequence[Any], n: int, at: int, then: _Next) -> bool:
        if n == len(nodes):
            return then(at)
        op, args = nodes[n]
        return self._one(op, args, at, lambda end: self._all(nodes, n + 1, end, then))

    def _one(self, op: Any, args: Any, at: int, then: _Next) -> bool:
        self.steps += 1
        if op in (c.LITERAL, c.NOT_LITERAL, c.ANY, c.IN):
            return at < len(self.text) and _takes(op, args, self.text[at]) and then(at + 1)
        if op in (c.MAX_REPEAT, c.MIN_REPEAT):
            return self._repeat(op, args, at, then)
        if op is c.BRANCH:
            return any(self._all(branch, 0, at, then) for branch in args[1])
        if op is c.SUBPATTERN:
            return self._group(args[0], args[3], at, then)
        if op in (c.ASSERT, c.ASSERT_NOT):
            seen = self._looks(args, at)
            return seen == (op is c.ASSERT) and then(at)
        if op is c.GROUPREF:
            said = self._groups[args]
            return self.text.startswith(said, at) and then(at + len(said))
        if op is c.AT:
            is_there = at == 0 if args is c.AT_BEGINNING else at == len(self.text)
            return is_there and then(at)
        raise NotImplementedError(op)

    def _group(self, number: int | None, nodes: Any, at: int, then: _Next) -> bool:
        def keep(end: int) -> bool:
            if number is not None:
                self._groups[number] = self.text[at:end]
            return then(end)

        return self._all(nodes, 0, at, keep)

    def _looks(self, args: Any, at: int) -> bool:
        direction, nodes = args
        if direction > 0:
            return self._all(nodes, 0, at, lambda _: True)
        low, high = nodes.getwidth()
        return any(
            self._all(nodes, 0, at - width, lambda end: end == at)
            for width in range(low, high + 1)
            if at >= width
        )

    def _repeat(self, op: Any, args: Any, at: int, then: _Next) -> bool:
        low, high, nodes = args
        single = len(nodes) == 1 and nodes[0][0] in (c.LITERAL, c.NOT_LITERAL, c.ANY, c.IN)
        if single:
            end, (kind, of) = at, nodes[0]
            while end < len(self.text) and end - at < high and _takes(kind, of, self.text[end]):
                end += 1
            self.steps += end - at
            ends = range(at + low, end + 1)
            return any(then(e) for e in (ends if op is c.MIN_REPEAT else reversed(ends)))
        return self._again(nodes, low, high, 0, at, then)

    def _again(self, nodes: Any, low: int, high: int, done: int, at: int, then: _Next) -> bool:
        def further(end: int) -> bool:
            return end > at and self._again(nodes, low, high, done + 1, end, then)

        self.steps += 1
        return (done < high and self._all(nodes, 0, at, further)) or (done >= low and then(at))

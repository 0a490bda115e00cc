"""Where a page of a list begins: behind the last item of the page before."""

from datetime import datetime
from typing import Literal

from chassis.mongo.store import Document


def behind(
    field: str,
    position: tuple[datetime | str, str] | None,
    *,
    order: Literal["ascending", "descending"] = "descending",
    inclusive: bool = False,
) -> Document:
    """The condition of a list sorted by (`field`, `_id`), for what follows the item at `position`;
    with that item itself if `inclusive`. Nothing without a position.

    It has the keys `field` and `$nor`. The first bounds the scan of the index, which an alternative
    (`$or`) does not; the second tells items with the same value apart.
    """
    if position is None:
        return {}
    at, id = position
    bound, before = ("$lte", "$gt") if order == "descending" else ("$gte", "$lt")
    passed = before if inclusive else f"{before}e"
    return {field: {bound: at}, "$nor": [{field: at, "_id": {passed: id}}]}

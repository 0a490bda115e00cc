"""Pages of call-outs: none is left out and none comes twice, though many opened in one
millisecond."""

import pytest

from chassis.domain import Cause
from chassis.http.paging import from_cursor, to_cursor
from services.dispatch.callout.store import Callouts
from services.dispatch.tests.calls import NOW, opened
from services.dispatch.tests.town import town
from tests.support.backend import Backend

STATION = "sta_pages"


@pytest.mark.servers
async def test_every_call_out_of_one_millisecond_is_on_one_page(backend: Backend):
    async with town(backend, rate=1) as place:
        callouts = Callouts(place.service.store)
        some = [opened().with_(id=f"cal_{n}", station=STATION) for n in range(7)]
        assert {one.opened_at for one in some} == {NOW}
        await callouts.add_missing([(one, []) for one in some], Cause("pages"))
        for limit in (1, 3, 7, 10):
            seen: list[str] = []
            after = None
            while page := await callouts.of_station(STATION, None, after, limit):
                seen += [callout.id for callout in page]
                after = from_cursor(to_cursor(page[-1].opened_at, page[-1].id))
            assert seen == [f"cal_{n}" for n in reversed(range(7))]
            pages = await place.pages(f"callouts?station={STATION}", limit)
            assert [len(page["items"]) for page in pages] == _split(7, limit)


def _split(count: int, limit: int) -> list[int]:
    """The lengths of the pages: `next` is null on the last one, be it full or not."""
    return [min(limit, count - start) for start in range(0, count, limit)]

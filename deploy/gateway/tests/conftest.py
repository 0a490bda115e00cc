from collections.abc import Iterator

import pytest

from deploy.gateway.tests.stand import Stand, standing


@pytest.fixture(scope="session")
def _stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with standing(tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture
def stand(_stand: Stand) -> Stand:
    """The gateway, with nothing seen and nothing failing yet."""
    for upstream in _stand.upstreams.values():
        upstream.seen.clear()
        upstream.fail = upstream.drop = 0
    return _stand

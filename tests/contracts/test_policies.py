"""A policy version that was published never changes: what was decided under it names it."""

from typing import Any

from contracts.tools.policies import Values, changes, current, missing, read_released


def test_published_versions_are_as_they_were_and_new_ones_are_noted():
    released, present = read_released(), current()
    assert [*changes(released, present), *missing(released, present)] == []


def test_every_service_with_a_policy_is_held():
    assert {version.split()[0] for version in read_released()} >= {
        "dispatch",
        "incidents",
        "notify",
        "registration",
        "signs",
    }


def with_(values: Values, version: str, **numbers: Any) -> Values:
    return values | {version: values[version] | numbers}


def test_a_number_that_changes_within_its_version_is_refused():
    released = read_released()
    (said,) = changes(released, with_(released, "dispatch 2026-01", search_days=30))
    assert said.startswith("dispatch 2026-01: search_days was 180, is 30. Right: restore it")
    (said,) = changes(released, with_(released, "signs 2026-11", sha256="0"))
    assert said.startswith("signs 2026-11: sha256 was")
    gone = {version: one for version, one in released.items() if version != "incidents 2026-11"}
    assert [one.split(".")[0] for one in changes(released, gone)] == ["incidents 2026-11: is gone"]


def test_a_number_may_be_added_to_a_version_and_is_noted():
    released = read_released()
    more = with_(released, "dispatch 2026-01", brand_new=1)
    assert not list(changes(released, more))
    (said,) = missing(released, more)
    assert "brand_new is new" in said

"""Identifiers of what is stored."""

from chassis.mongo.store import new_id


def test_new_ids_are_unguessable_and_name_their_kind():
    made = {new_id("rep") for _ in range(1000)}
    assert len(made) == 1000
    assert all(id.startswith("rep_") and len(id) == 24 for id in made)

"""Whose name may be read by whom."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from contracts.access import Grant, Principal
from contracts.vocabulary import Role
from services.registration.account.domain import Account, HeldGrant, Volunteer, new_account
from services.registration.person.domain import masked, reads_name_as

NOW = datetime(2026, 3, 5, 8, 0, tzinfo=UTC)
STREET, ELSEWHERE = "370104009", "370102001"


def reader(role: Role, area: str, squad: str | None = None) -> Principal:
    grant = Grant(role=role, area=area, squad=squad)
    return Principal(subject="acc_reader", session="ses_1", grants=(grant,))


def volunteer(squad: str | None = "squ_01") -> Account:
    standing = Volunteer(
        station="sta_1", area=f"{STREET}008", standing="approved", squad=squad, applied_at=NOW
    )
    return new_account("acc_1", "sealed").with_(volunteer=standing)


def holder(role: Role, area: str, until: datetime | None = None) -> Account:
    held = HeldGrant(role=role, area=area, source="hand", given_by="acc_2", until=until)
    before = new_account("acc_1", "sealed")
    return before.with_(grants=(*before.grants, held))


def test_a_volunteer_is_read_by_officers_of_the_area_and_by_their_own_leader() -> None:
    for area in ("3701", "370104", STREET):
        assert reads_name_as(reader("officer", area), volunteer(), NOW) == "officer"
    assert reads_name_as(reader("leader", STREET, "squ_01"), volunteer(), NOW) == "leader"
    assert reads_name_as(reader("leader", STREET, "squ_02"), volunteer(), NOW) is None
    assert reads_name_as(reader("leader", STREET, "squ_01"), volunteer(None), NOW) is None
    assert reads_name_as(reader("officer", ELSEWHERE), volunteer(), NOW) is None


def test_officers_read_the_staff_with_whom_they_share_an_area() -> None:
    for area in ("3701", "370104", STREET, f"{STREET}008"):
        assert reads_name_as(reader("officer", STREET), holder("officer", area), NOW) == "officer"
    assert reads_name_as(reader("officer", STREET), holder("officer", ELSEWHERE), NOW) is None
    ended = holder("committee", STREET, until=NOW - timedelta(hours=1))
    assert reads_name_as(reader("officer", STREET), ended, NOW) is None
    assert reads_name_as(reader("leader", STREET, "squ_01"), holder("officer", STREET), NOW) is None


def test_nobody_reads_a_resident_s_or_an_erased_person_s_name_here() -> None:
    resident = new_account("acc_1", "sealed")
    erased = volunteer().with_(erased_at=NOW)
    for area in ("3701", STREET):
        assert reads_name_as(reader("officer", area), resident, NOW) is None
        assert reads_name_as(reader("officer", area), erased, NOW) is None
    for role in ("resident", "volunteer", "committee", "city_desk", "operator"):
        assert reads_name_as(reader(role, "3701", "squ_01"), volunteer(), NOW) is None


@given(st.text(min_size=1, max_size=40))
def test_a_masked_name_shows_its_first_sign_alone(name: str) -> None:
    assert masked(name)[0] == name[0]
    assert set(masked(name)[1:]) <= {"*"}
    assert len(masked(name)) == len(name)

"""What is kept of an officer's correction."""

from datetime import datetime

import pytest

from jinan.local_time import LOCAL
from services.incidents.policy import POLICIES
from services.incidents.routing.domain import RoutingInput, classify
from services.incidents.routing.domain.examples import MAX_LENGTH, example_of, masked

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=LOCAL)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("打我电话139 1234 5678", "5678"),
        ("身份证37010419900101123X丢了", "19900101"),
        ("鲁A12345堵门口", "12345"),
        ("我叫王小明,楼上吵", "小明"),
        ("张建国,他打人", "建国"),
        ("我住3号楼2单元501室", "501"),
        ("微信号abc12345加我", "abc12345"),
        ("刘师傅欠钱不还", "刘"),
        ("发到zhang@example.com", "example"),
        ("座机0531-87654321", "87654321"),
    ],
)
def test_personal_data_is_masked(text: str, secret: str) -> None:
    assert secret not in masked(text)


def test_what_teaches_stays() -> None:
    assert masked("快打110,隔壁拿刀追人") == "快打110,隔壁拿刀追人"
    assert len(masked("啊吧" * 2000)) <= MAX_LENGTH


def test_a_correction_becomes_an_example() -> None:
    given = RoutingInput(
        "路灯不亮,电话13912345678", "hazard", "committee", before="13912345678来电"
    )
    decision = classify(given, POLICIES.at(NOON), NOON)
    example = example_of(given, decision, "environment", "committee")
    assert "13912345678" not in f"{example.text}{example.before}"
    assert (example.category, example.route, example.role) == (
        "environment",
        "committee",
        "resident",
    )
    assert example.rules_version == decision.rules_version

"""What is kept of an officer's correction: an example for the next training, without personal data.
Pure."""

import re
from dataclasses import dataclass
from typing import Literal

from contracts.vocabulary import Category, Role, Route
from services.incidents.routing.domain.classification import RoutingDecision, RoutingInput
from services.incidents.routing.domain.normalising import normalise

_HAN = "\u3400-\u9fff"
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴"
    "夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.]+"), "〔邮箱〕"),
    (re.compile(r"(?<!\d)\d{17}[\dx](?!\d)|(?<!\d)\d{15}(?!\d)"), "〔证件〕"),
    (
        re.compile(r"(?<!\d)(?:\+?86)?1[3-9](?:[ -]?\d){9}(?!\d)|(?<!\d)0\d{2,3}-?\d{7,8}"),
        "〔电话〕",
    ),
    (
        re.compile(rf"[{_PROVINCES}][a-z][ ·.-]?[a-z0-9]{{5,6}}"),
        "〔车牌〕",
    ),
    (re.compile(r"(?:qq|微信号?|vx|wx|支付宝)[^,。;!?]{0,3}[a-z0-9_-]{5,20}"), "〔账号〕"),
    (
        re.compile(
            r"\d{1,4}(?:号楼|栋|幢|座|单元|室|号院|弄|号)|[一二三四五六七八九十]{1,3}(?:号楼|栋|幢|单元)"
        ),
        "〔门牌〕",
    ),
    (
        re.compile(rf"(?:叫|姓名[是:]?|名字[是叫:]?|我是|本人)[{_SURNAMES}][{_HAN}]{{1,2}}"),
        "〔姓名〕",
    ),
    (re.compile(rf"(?<![{_HAN}])[{_SURNAMES}][{_HAN}]{{1,2}}(?=[,。:;!? ]|$)"), "〔姓名〕"),
    (re.compile(rf"[{_SURNAMES}](?:某某?|先生|女士|师傅|老师|医生|书记|主任|经理)"), "〔姓名〕"),
    (re.compile(r"\d{3,}"), "〔数字〕"),
)
_KEPT = re.compile(r"(?<![\da-z])(?:110|119|120|122|96110|12345)(?![\da-z])")
_HELD = "\ue000"
MAX_LENGTH = 400


@dataclass(frozen=True)
class Example:
    """`text` and `before` are masked. Who wrote it, where and when is not kept; neither is the
    report's id."""

    text: str
    before: str | None
    role: Literal["resident", "volunteer", "leader"]
    given: Category | None
    category: Category
    route: Route
    decided_category: Category
    decided_route: Route
    triaged: bool
    rules_version: str


def example_of(
    given: RoutingInput, decision: RoutingDecision, category: Category, route: Route
) -> Example:
    """`category` and `route`: what the officer chose instead of the decision."""
    return Example(
        text=masked(given.text),
        before=masked(given.before) if given.before else None,
        role=_role(given.role),
        given=given.category,
        category=category,
        route=route,
        decided_category=decision.category,
        decided_route=decision.route,
        triaged=decision.triage is not None,
        rules_version=decision.rules_version,
    )


def masked(text: str) -> str:
    """Without phones, numbers of papers and plates, accounts, house numbers and what looks like a
    name. Rather too much than too little; an officer's eye is still needed before training."""
    plain = normalise(text)[:MAX_LENGTH]
    kept: list[str] = _KEPT.findall(plain)
    plain = _KEPT.sub(_HELD, plain)
    for pattern, mask in _MASKS:
        plain = pattern.sub(mask, plain)
    for number in kept:
        plain = plain.replace(_HELD, number, 1)
    return plain


def _role(role: Role) -> Literal["resident", "volunteer", "leader"]:
    return role if role in ("volunteer", "leader") else "resident"

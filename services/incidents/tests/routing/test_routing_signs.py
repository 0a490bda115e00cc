"""Certain signs of danger, each beside harmless texts that look alike."""

import pytest

from contracts.texts import keys
from services.incidents.policy import POLICIES
from services.incidents.routing.domain.classifier import model
from services.incidents.routing.domain.normalising import normalise
from services.incidents.routing.domain.signs import newest, signs, signs_in

RULES = signs(newest())
EXAMPLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "asks_for_110": (("快帮我报警", "叫救护车快"), ("要不要报警", "报警电话是多少")),
    "help": (("救命啊", "救救我妈"), ("热得救命", "救命恩人来送锦旗")),
    "fire": (("三楼着火了", "窗户往外冒浓烟"), ("没着火", "火锅店排队", "电影里着火了", "怕着火")),
    "gas": (("楼道一股煤气味", "闻到臭鸡蛋味"), ("检查燃气软管有没有味",)),
    "unconscious": (("老人晕倒在门口", "躺地上不动了"), ("狗躺地上不动", "去年晕倒过")),
    "no_breath": (("奶奶喘不上气", "他没有呼吸了"), ("笑得喘不上气",)),
    "fit": (("同事口吐白沫",), ("狗抽搐了",)),
    "bleeding": (("满头是血", "血止不住"), ("凳子腿断了", "没流很多血")),
    "casualties": (("两车追尾当场1死7伤",), ("昨天培训讲死亡案例",)),
    "crash": (("撞倒了一个老人", "有人被货车碾了"), ("撞了人没事", "差点撞倒老人")),
    "poison": (("喝了农药", "孩子误食了"), ("怕狗误食了",)),
    "birth": (("羊水破了",), ("猫快生了",)),
    "shock": (("工人触电了",), ("电话打不通",)),
    "water": (("小孩掉河里了", "有人落水"), ("手机掉河里了", "防溺水讲座")),
    "ledge": (("有人要跳楼", "她站在天台边上有个女的坐窗台外"), ("跳楼价清仓",)),
    "suicide": (("我不想活了", "写了遗书"), ("作业多得不想活",)),
    "trapped": (("电梯里困了人", "孩子反锁在车里"), ("猫卡在电梯里", "钥匙锁在车里")),
    "weapon": (("有人拿着菜刀追人", "持刀"), ("拿着刀切菜", "孩子拿水枪追人", "没拿刀")),
    "kill": (("他说要弄死我", "杀人了"), ("打死蚊子", "电影里杀人了")),
    "fight": (("楼下打起来了", "他打老婆"), ("没打起来", "怕打起来", "打电话", "两人打球")),
    "robbery": (("抢劫", "被拽上面包车"), ("抢购", "抢车位")),
    "sexual": (("有人猥亵", "摸我大腿"), ("脱衣服洗澡",)),
    "followed": (("一个男的一直跟着我", "被人尾随"), ("狗跟着我",)),
    "break_in": (("有人在撬门",), ("忘带钥匙在撬门找人",)),
    "missing_person": (("孩子走丢了", "奶奶不见了"), ("猫走丢了", "孩子找到了")),
    "silent_home": (("独居老人好几天没出门",), ("老人三天没送饭",)),
    "body": (("发现一具尸体", "死人了"), ("丢死人了", "共享单车尸体")),
    "fraud_now": (("让我开屏幕共享", "自称公安让转钱"), ("宣传别信刷单",)),
    "drugs": (("有人吸毒",), ("禁毒宣传讲毒品",)),
}
ONE_SIGN = [(name, text) for name, (danger, _) in EXAMPLES.items() for text in danger]
NO_SIGN = [(name, text) for name, (_, harmless) in EXAMPLES.items() for text in harmless]


@pytest.mark.parametrize(("name", "text"), ONE_SIGN)
def test_danger_is_seen(name: str, text: str) -> None:
    assert name in {sign.name for sign in signs_in(normalise(text), RULES)}


@pytest.mark.parametrize(("name", "text"), NO_SIGN)
def test_what_looks_alike_is_not(name: str, text: str) -> None:
    assert name not in {sign.name for sign in signs_in(normalise(text), RULES)}


def test_an_officer_can_read_them_all_and_each_is_tried_and_told_in_words() -> None:
    rules = RULES.signs
    assert len(rules) <= 40
    assert {sign.name for sign in rules} == set(EXAMPLES)
    assert {f"because.{sign.name}" for sign in rules} <= keys()


def test_the_newest_policy_names_the_signs_and_the_model_that_are_shipped() -> None:
    words = [policy.words for policy in POLICIES][-1]
    assert words is not None
    assert (words.signs, words.model) == (newest(), model().version)


def test_each_version_of_the_signs_is_there_and_says_which_it_is() -> None:
    versions = {policy.words.signs for policy in POLICIES if policy.words}
    assert {version: signs(version).version for version in versions} == {v: v for v in versions}
    assert newest() in versions

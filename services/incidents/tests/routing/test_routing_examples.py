"""Reports as people might write them, none from the demonstration's day: the cues must generalise
beyond it."""

from datetime import datetime

import pytest

from contracts.vocabulary import Category, Role, Route
from jinan.local_time import LOCAL
from services.incidents.policy import POLICIES
from services.incidents.routing.domain import RoutingInput, classify

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=LOCAL)
Example = tuple[str, Category | None, Route, Category | None]
"""Text, picked category, right route, right category (None: any)."""

DANGER: list[Example] = [
    ("三楼窗户里往外冒浓烟,可能有人在里面", "environment", "police", "emergency"),
    ("隔壁着火了快来人", None, "police", "emergency"),
    ("楼道里一股煤气味,越来越浓", "hazard", "police", "emergency"),
    ("电动车充电的时候起火了", "hazard", "police", "emergency"),
    ("有个男的拿着菜刀在楼下骂人", "nuisance", "police", "violence"),
    ("邻居吵架,男的抄起铁棍追着打", "dispute", "police", "violence"),
    ("烧烤摊两桌人打起来了,啤酒瓶乱飞", None, "police", "violence"),
    ("隔壁男的又在打老婆,听着叫得很惨", "nuisance", "police", "violence"),
    ("门口有人持刀", None, "police", "violence"),
    ("几个小年轻把外卖员打伤了", "traffic", "police", "violence"),
    ("停车吵架,其中一个动手了", "traffic", "police", "violence"),
    ("老人晕倒在菜市场门口,叫不醒", "assistance", "police", "emergency"),
    ("有人站在楼顶要跳楼", None, "police", "emergency"),
    ("小孩掉进河里了", None, "police", "emergency"),
    ("电梯停在四楼,里面困了两个人", "hazard", "police", "emergency"),
    ("路口电动车被货车撞了,人躺在地上", "traffic", "police", "emergency"),
    ("有人触电了", "hazard", "police", "emergency"),
    ("孩子反锁在车里,天很热", "assistance", "police", "emergency"),
    ("没人管,那边打起来了", None, "police", "violence"),
    ("是不是着火了,楼上在冒黑烟", None, "police", "emergency"),
    ("卡点上有人不肯登记,推倒了老人", "checkpoint", "police", "violence"),
    ("手里拎着砍刀在小区里转", "environment", "police", "violence"),
    ("我被前男友堵在家门口,他说要弄死我", "dispute", "police", None),
]
CRIME: list[Example] = [
    ("客服打电话说我贷款逾期,让我开屏幕共享", "assistance", "police", "fraud"),
    ("老人被骗了两万块", None, "police", "fraud"),
    ("刷单做任务,钱提不出来了", None, "police", "fraud"),
    ("我电动车电瓶被偷了", "assistance", "police", "theft"),
    ("有人在撬隔壁的门", None, "police", "theft"),
    ("快递放门口总被人偷走", "nuisance", "police", "theft"),
    ("出租屋里有人吸毒", "nuisance", "police", "drugs"),
    ("我爷爷有老年痴呆,下午出去散步到现在找不到了", "assistance", "police", "missing"),
    ("女儿十二岁,放学后没回家,电话关机", None, "police", "missing"),
    ("地下室好像是个赌场,天天有人放哨", "nuisance", "police", "tip"),
    ("有人鬼鬼祟祟在车棚转悠", None, "police", None),
    ("下班路上有个男的一直尾随我", "escort", "police", None),
    ("群里有人卖假币", None, "police", "tip"),
]
QUARREL: list[Example] = [
    ("包工头拖欠工钱,二十多个工人堵在售楼处", "dispute", "police", "dispute"),
    ("业主跟物业吵,围了一大群人", "dispute", "police", "dispute"),
    ("七八个人在饭店门口讨工资", None, "police", "dispute"),
    ("因为车位吵起来,他扬言要找人来收拾我", "dispute", "police", "dispute"),
    ("邻居矛盾,对方把我家玻璃砸了", "dispute", "police", "dispute"),
    ("两口子吵架,摔了家里东西", "dispute", "police", "dispute"),
    ("为了挪车互相推搡", "traffic", "police", None),
    ("楼上楼下因为噪音吵了起来,没有动手", "dispute", "volunteers", "dispute"),
    ("婆媳吵架,就她们两个人,没打人", "dispute", "volunteers", "dispute"),
    ("商户和顾客争执,并没有打起来", "dispute", "volunteers", "dispute"),
    ("房东不退押金", None, "volunteers", "dispute"),
    ("邻居占了楼道放鞋柜,说不通", "dispute", "volunteers", "dispute"),
    ("退休老两口为遗产和孩子闹翻了,想请人评评理", None, "volunteers", "dispute"),
    ("要砸我家墙装修,我不同意,来说说理", "dispute", "volunteers", "dispute"),
]
HAZARD: list[Example] = [
    ("路边井盖没了,晚上看不见", "hazard", "volunteers", "hazard"),
    ("外墙瓷砖往下掉,下面就是幼儿园的路", "hazard", "volunteers", "hazard"),
    ("电线垂下来了,孩子伸手就够得着", None, "volunteers", "hazard"),
    ("消防通道被私家车堵住了", "hazard", "volunteers", "hazard"),
    ("电瓶放在楼道充电,怕着火", "hazard", "volunteers", "hazard"),
    ("台阶结冰,差点摔了两个老人", "hazard", "volunteers", "hazard"),
    ("井盖破了,已经拉了警戒线", "hazard", "committee", "hazard"),
    ("电线裸露,已报修并断电", "hazard", "committee", "hazard"),
    ("扶手锈了,晃得厉害", "hazard", "committee", "hazard"),
    ("楼顶防水裂缝,阴雨天渗水", "hazard", "committee", "hazard"),
    ("灭火器过期了", None, "committee", "hazard"),
    ("小区滑梯有颗钉子冒出来", None, "committee", "hazard"),
]
EVERYDAY: list[Example] = [
    ("早高峰路口车辆拥堵,没有交警", "traffic", "volunteers", "traffic"),
    ("两车剐蹭堵住了路,没有人受伤", "traffic", "volunteers", "traffic"),
    ("医院门口出租车占道停车", None, "volunteers", "traffic"),
    ("楼上装修电钻响,午休都不停", None, "volunteers", "nuisance"),
    ("有人遛大狗不牵绳", None, "volunteers", "nuisance"),
    ("夜里一点还在唱歌喝酒,吵得睡不着", "nuisance", "volunteers", "nuisance"),
    ("隔壁打麻将到半夜", None, "volunteers", "nuisance"),
    ("楼下打篮球声音太吵", "nuisance", "volunteers", "nuisance"),
    ("我奶奶腿脚不便,想找人帮忙搬轮椅下楼", "assistance", "volunteers", "assistance"),
    ("忘带钥匙,进不了家门,老人在门口站着", None, "volunteers", "assistance"),
    ("老人摔了一跤,膝盖擦伤,想有人扶一下", "assistance", "volunteers", "assistance"),
    ("我家猫走丢了", None, "volunteers", "assistance"),
    ("养老金认证手机上不会操作", None, "volunteers", "assistance"),
    ("晚上十点下夜班,不敢一个人走那条巷子", None, "volunteers", "escort"),
    ("周六庙会人多,需要八名义警维持秩序", None, "volunteers", "checkpoint"),
    ("有人在公园拉老人入股养老项目,说月息两分,稳赚不赔", None, "volunteers", "fundraising"),
    ("路边的垃圾桶满了,苍蝇乱飞", None, "committee", "environment"),
    ("路灯不亮一个星期了", "environment", "committee", "environment"),
    ("听说明天要停水三天,是真的吗", None, "committee", "rumour"),
    ("群里都在传小学门口有人持刀,是真的吗", "rumour", "committee", "rumour"),
    ("网上说隔壁街道有人抢小孩,真的假的", None, "committee", "rumour"),
    ("你好", None, "volunteers", "assistance"),
    ("那个事情还是老样子", None, "volunteers", "assistance"),
]
DENIED: list[Example] = [
    ("消防演练冒烟是正常的吗,孩子害怕", "assistance", "volunteers", None),
    ("不是着火,是邻居在做饭,油烟太大", "nuisance", "volunteers", "nuisance"),
    ("飞线充电容易引发火灾,希望来人劝劝", "hazard", "volunteers", "hazard"),
    ("两个人争车位,没动手,也没有骂人", "dispute", "volunteers", "dispute"),
    ("孩子要打针,老人不会用手机挂号", "assistance", "volunteers", "assistance"),
    ("想学怎么防诈骗,社区能不能办个讲座", "outreach", "committee", "outreach"),
    ("下象棋的老人们吵得厉害,没有打架", "nuisance", "volunteers", "nuisance"),
    ("砍价的时候和摊主吵起来了", "dispute", "volunteers", "dispute"),
    ("被打扰得没法休息,楼上天天跳绳", "nuisance", "volunteers", "nuisance"),
    ("厨房切菜的刀声太大,半夜也剁", "nuisance", "volunteers", "nuisance"),
]
FINISHED: list[Example] = [
    ("护学岗执勤,疏导接送车辆三十台", "traffic", "log", "traffic"),
    ("今天入户宣传反诈,发放传单200份", None, "log", "outreach"),
    ("楼下两户因晾衣争执,已调解,双方握手言和", "dispute", "log", "dispute"),
    ("夜间巡逻,一切正常", "assistance", "log", None),
    ("巡逻发现配电箱没锁,孩子在旁边玩", "hazard", "volunteers", "hazard"),
    ("巡逻时发现有人打架", "dispute", "police", "violence"),
    ("早高峰学校门口堵车,请派人来疏导", "traffic", "volunteers", "traffic"),
    ("走访发现一户煤气软管老化,已登记", "hazard", "committee", "hazard"),
]


def _check(example: Example, role: Role) -> None:
    text, category, way, kind = example
    decision = classify(RoutingInput(text, category, role), POLICIES.at(NOON), NOON)
    assert (decision.route, decision.category if kind else None) == (way, kind), decision


@pytest.mark.parametrize(
    "example", DANGER + CRIME + QUARREL + HAZARD + EVERYDAY + DENIED, ids=lambda e: e[0]
)
def test_residents_reports_are_routed(example: Example) -> None:
    _check(example, "resident")


@pytest.mark.parametrize("example", FINISHED, ids=lambda e: e[0])
def test_a_volunteers_finished_matter_goes_to_the_log_and_an_open_one_does_not(
    example: Example,
) -> None:
    _check(example, "volunteer")


@pytest.mark.parametrize("example", [e for e in FINISHED if e[2] == "log"], ids=lambda e: e[0])
def test_only_a_volunteer_fills_the_log(example: Example) -> None:
    text, category, _, _ = example
    assert (
        classify(RoutingInput(text, category, "resident"), POLICIES.at(NOON), NOON).route != "log"
    )


@pytest.mark.parametrize("example", DANGER, ids=lambda e: e[0])
@pytest.mark.parametrize(
    "category", ["traffic", "nuisance", "assistance", "environment", "outreach", "checkpoint"]
)
def test_danger_goes_to_the_police_whatever_category_was_picked(
    example: Example, category: Category
) -> None:
    for role in ("resident", "volunteer", "committee"):
        asked = RoutingInput(example[0], category, role, finished=role == "volunteer")
        assert classify(asked, POLICIES.at(NOON), NOON).route == "police"

"""More reports, by who has to answer them. Written before the cues were revised, to see how far
they generalise."""

from datetime import datetime

import pytest

from contracts.vocabulary import Category, Role, Route
from jinan.local_time import LOCAL
from services.incidents.policy import POLICIES
from services.incidents.routing.domain import RoutingInput, classify

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=LOCAL)
Said = tuple[str, Category | None, Role]
ANSWERED_BY: dict[Route, list[Said]] = {
    "volunteers": [
        ("小区东门外卖车和轿车撞了,堵了半条路,人没事", "traffic", "resident"),
        ("幼儿园放学门口电动车乱停,孩子过马路太险", "traffic", "resident"),
        ("菜市场东门三轮车占道,公交车过不去", None, "resident"),
        ("施工围挡把人行道占了,老人只能走马路", "traffic", "resident"),
        ("楼上小孩天天拍皮球到十一点", "nuisance", "resident"),
        ("小区流浪狗咬了人,追着孩子跑", "nuisance", "resident"),
        ("对门把鞋柜放楼道,我说他他就骂我", "dispute", "resident"),
        ("老两口因为儿子买房的事闹离婚,邻居想请人劝劝", "dispute", "resident"),
        ("楼道灯坏了,老人上下楼容易摔", "hazard", "resident"),
        ("广告牌被风吹得摇摇欲坠,下面是公交站", "hazard", "resident"),
        ("小区水池没有护栏,孩子常在旁边玩", "hazard", "resident"),
        ("一楼住户私接电线给电动车充电", "hazard", "resident"),
        ("家里老人想办老年卡,不会填", "assistance", "resident"),
        ("放学了下大雨,孩子没带伞在校门口等", "assistance", "resident"),
        ("老大爷在公交站坐着说找不到家了", "assistance", "resident"),
        ("加班到半夜,能不能有人送我到地铁口", "escort", "resident"),
        ("考点周边需要十名义警疏导考生", "checkpoint", "committee"),
        ("超市门口有人推销原始股,说翻倍", "fundraising", "resident"),
        ("巡逻看到小孩在工地玩,没人管", "hazard", "volunteer"),
        ("楼上阳台花盆快掉下来了", "hazard", "resident"),
        ("燃气灶打不着火,想找人看看", "assistance", "resident"),
        ("我家煤气灶打火打不着", None, "resident"),
        ("有人在小区里放孔明灯,容易着火", "hazard", "resident"),
        ("楼下饭店油烟呛人", "nuisance", "resident"),
        ("邻居家孩子练琴吵", "nuisance", "resident"),
        ("隔壁夫妻吵架,孩子一直哭,没听到动手", "dispute", "resident"),
        ("手机丢在出租车上了", "assistance", "resident"),
        ("地铁口共享电动车停成一片,行人只能走机动车道", "traffic", "resident"),
        ("早上送学的车把小区北门堵死了", "traffic", "resident"),
        ("信号灯一直黄闪,车都抢着过", "traffic", "resident"),
        ("雪后坡道打滑,车上不去,后面排长队", "traffic", "resident"),
        ("物流车半夜按喇叭卸货", "nuisance", "resident"),
        ("邻居养的鹅天不亮就叫", None, "resident"),
        ("有人在楼下放大炮,把老人吓着了", "nuisance", "resident"),
        ("金毛没拴绳扑了我家孩子,没咬着", "nuisance", "resident"),
        ("两户为晾衣杆吵了好几天,想请人调解", "dispute", "resident"),
        ("租户退租,房东扣着押金不给,在门口吵", "dispute", "resident"),
        ("两家孩子打闹,家长在群里吵起来,要上门理论", "dispute", "resident"),
        ("理发店办卡退钱,店主不认账", "dispute", "resident"),
        ("小区门口窨井盖缺了一块,骑车的差点栽进去", "hazard", "resident"),
        ("顶楼住户在楼道存了十几个煤气罐", "hazard", "resident"),
        ("枯树歪了快砸到停着的车", "hazard", "resident"),
        ("爷爷一个人在家,低血糖头晕,我在外地", "assistance", "resident"),
        ("盲人大叔在路口过不了马路", "assistance", "resident"),
        ("外地来的,不知道怎么办暂住登记", "assistance", "resident"),
        ("轮椅上不了坡,想找两个人抬一下", "assistance", "resident"),
        ("捡到一个钱包,里面有身份证", "assistance", "resident"),
        ("女儿上晚自习回来,小区门口路灯坏了,想有人接", "escort", "resident"),
        ("夜班护士,凌晨一点下班走小路害怕", "escort", "resident"),
        ("疫苗接种点排队秩序乱,增派四名义警", "checkpoint", "committee"),
        ("元宵灯会入口要十二个志愿者安检", "checkpoint", "committee"),
        ("公园里有人发传单,说存钱送米送油,一年返百分之十八", "fundraising", "resident"),
        ("对门老太太让我跟她一起投养老床位,年底翻倍", "fundraising", "resident"),
        ("老人血压高,想有人陪着去医院取药", "assistance", "resident"),
        ("打印店打不了证件照,想问哪里能办身份证", "assistance", "resident"),
        ("篮球场打球的和跳舞的抢地方,吵了几句", "dispute", "resident"),
        ("邻居家煤气灶没人会换电池,想找人帮忙", "assistance", "resident"),
        ("邻居天天烧香烛,烟大", "nuisance", "resident"),
        ("有人在楼下抽烟,烟头乱扔,怕着火", "hazard", "resident"),
        ("隔壁狗咬了我家猫,主人不赔", "dispute", "resident"),
        ("老人说被保健品推销员忽悠,没买,想有人来讲讲怎么防", "fundraising", "resident"),
        ("两车追尾,司机在路口理论,堵了车", "traffic", "resident"),
        ("快递被邻居拿错了,不承认", "dispute", "resident"),
        ("出租屋十几个人合租,晚上吵闹", "nuisance", "resident"),
        ("广场舞几十个人占了篮球场", "nuisance", "resident"),
        ("核酸检测点排队的人很多,需要五名义警", "checkpoint", "committee"),
        ("路口拥堵,围了很多车和行人", "traffic", "resident"),
        ("小区里很多人遛狗不牵绳", "nuisance", "resident"),
        ("工地半夜打桩,吵得全楼睡不着", "nuisance", "resident"),
        ("老人不会用手机打车去医院", "assistance", "resident"),
        ("树上有马蜂窝,孩子经常在下面玩", "hazard", "resident"),
        ("我妈走路慢,过马路需要人扶", "assistance", "resident"),
        ("孩子离家出走找回来了,想请人做做工作", "assistance", "resident"),
        ("看见别人车窗没关,怕被偷", "assistance", "resident"),
        ("邻居家门没锁,怕进小偷", "assistance", "resident"),
        ("防盗窗松动,怕掉下来砸人", "hazard", "resident"),
        ("小区要装防盗门,居民意见不一吵起来", "dispute", "resident"),
        ("反诈宣传车音响太大", "nuisance", "resident"),
        ("楼上漏水把我家电视泡坏了,他还骂人", "dispute", "resident"),
        ("配电箱滋滋响,闻到糊味", "hazard", "resident"),
        ("店铺门口台阶太高,老人摔过两次", "hazard", "resident"),
        ("前几天被偷的自行车找到了,谢谢义警", "assistance", "resident"),
    ],
    "police": [
        ("物业和业主因停车费争执,现场聚集五十余人", "dispute", "resident"),
        ("两家因宅基地吵架,一方拿铁锹威胁", "dispute", "resident"),
        ("装修队讨薪,二十来人堵住小区大门不让车进", "dispute", "resident"),
        ("催债的把我家门锁灌了胶水,还喷油漆", "dispute", "resident"),
        ("有个女孩在桥边哭了很久,怕她想不开", "assistance", "resident"),
        ("买菜的大妈突然倒地口吐白沫", "assistance", "resident"),
        ("接到电话说我孩子被绑架让汇钱", "fraud", "resident"),
        ("地下车库有几个人在砸车窗", "theft", "resident"),
        ("出租屋常年聚众赌博", "tip", "resident"),
        ("老人被困在卫生间,门锁坏了", "assistance", "resident"),
        ("有人喝醉了在小区门口砸东西骂人", None, "resident"),
        ("喝醉的人拿酒瓶追保安", None, "resident"),
        ("停车场两伙人对峙,手里有棍子", None, "resident"),
        ("网吧门口一群学生在打群架", None, "resident"),
        ("超市抓到一个偷东西的", "assistance", "resident"),
        ("我妈非要给一个自称孙警官的人汇钱", "assistance", "resident"),
        ("独居老人两天没出门,敲门没人应", "assistance", "resident"),
        ("业主和保安吵起来,保安叫来了十多个人", "dispute", "resident"),
        ("拆迁补偿谈不拢,村民三四十人围在村委会", "dispute", "resident"),
        ("前夫上门闹,踹门还说要放火", "dispute", "resident"),
        ("医闹,家属在卫生院门口摆花圈拉横幅", "dispute", "resident"),
        ("孩子把头卡在护栏里了", "hazard", "resident"),
        ("孩子在网上买游戏装备被骗三千", "fraud", "resident"),
        ("我爸在听讲座,那边让他买八千的床垫", "fraud", "resident"),
        ("车库里电动车轮胎都被人卸走了", "theft", "resident"),
        ("看到一个男的翻进隔壁一楼院子", "theft", "resident"),
        ("烧烤摊几个人喝酒吵架,已经抡凳子了", "violence", "resident"),
        ("隔壁打孩子打得很凶,孩子哭喊救命", "violence", "resident"),
        ("KTV厕所里有人吸食不明粉末", "drugs", "resident"),
        ("怀疑楼上出租屋搞传销,进出的人都背着同样的包", "tip", "resident"),
        ("我家自闭症孩子下楼玩不见了,穿蓝色校服", "missing", "resident"),
        ("河里漂着一个人", "emergency", "resident"),
        ("三楼厨房有火光,窗户里冒烟", "emergency", "resident"),
        ("巡逻发现有人翻墙进小区", "theft", "volunteer"),
        ("楼下小饭馆排烟口对着我家窗户,冒烟呛人", "nuisance", "resident"),
        ("居民反映楼顶信号塔辐射,情绪激动,十来个人要找物业", "dispute", "resident"),
        ("垃圾堆里冒烟了,不知道是不是烟头", "environment", "resident"),
        ("夜里有人敲门,从猫眼看不到人,我一个人害怕", None, "resident"),
    ],
    "committee": [
        ("围墙裂了一道缝,已用警示带围起来", "hazard", "resident"),
        ("单元门闭门器坏了,夹手", "hazard", "resident"),
        ("巡查发现某店灭火器过期,已登记并督促整改", "hazard", "volunteer"),
        ("小区下水道堵了,污水漫出来", "environment", "resident"),
        ("共享单车堆满了人行道", "environment", "resident"),
        ("朋友圈说自来水有毒,大家都在抢矿泉水", "rumour", "resident"),
        ("楼道消防栓没水", "hazard", "resident"),
        ("健身区秋千链条锈断了,已经停用并上报", "hazard", "volunteer"),
        ("检查九小场所发现安全出口上锁,已责令整改并登记", "hazard", "volunteer"),
        ("外立面保温层鼓包", "hazard", "resident"),
        ("楼上天台护栏缺失", "hazard", "resident"),
        ("公厕没人打扫,臭得不行", "environment", "resident"),
        ("绿化带里扔了装修垃圾", "environment", "resident"),
        ("抖音上说咱们这要地震了", "rumour", "resident"),
        ("听说社区要收停车费,是不是真的", "rumour", "resident"),
        ("巡逻发现路灯不亮", "environment", "volunteer"),
        ("小区监控坏了一个月", "environment", "resident"),
        ("小区门禁坏了,谁都能进", "hazard", "resident"),
        ("广场喷泉漏电保护器跳闸,已断电报修", "hazard", "resident"),
    ],
    "log": [
        ("今天在广场发放反电诈手册三百份", "outreach", "volunteer"),
        ("晚八点至十点带队巡逻三个小区,劝导占道烧烤两处", "outreach", "volunteer"),
        ("护送走失老人回家,已交到家属手中", "assistance", "volunteer"),
        ("协助民警疏散围观群众,已恢复秩序", "traffic", "volunteer"),
        ("早晨护学岗,护送学生过马路二百余人次", "traffic", "volunteer"),
        ("邻里纠纷调解成功,双方签了协议", "dispute", "volunteer"),
        ("入户发放禁毒宣传单,走访32户", "outreach", "volunteer"),
        ("校门口禁毒宣传,发放手册150本", "outreach", "volunteer"),
        ("平安巡逻两小时,提醒关窗锁车六户", "outreach", "volunteer"),
        ("帮独居老人换灯泡,已完成", "assistance", "volunteer"),
        ("劝离占道摆摊3处,道路已通畅", "traffic", "volunteer"),
        ("狗伤人纠纷已调解,双方和解", "dispute", "volunteer"),
        ("巡逻时遇到醉汉躺在路边,叫醒后送回家", "assistance", "volunteer"),
    ],
}
EXAMPLES = [(way, said) for way, all_said in ANSWERED_BY.items() for said in all_said]


@pytest.mark.parametrize(
    ("way", "said"), EXAMPLES, ids=lambda value: value if isinstance(value, str) else value[0]
)
def test_who_answers(way: Route, said: Said) -> None:
    text, category, role = said
    assert classify(RoutingInput(text, category, role), POLICIES.at(NOON), NOON).route == way


def test_without_a_category_the_words_alone_are_enough_nearly_always() -> None:
    right = [
        way
        for way, (text, _, role) in EXAMPLES
        if classify(RoutingInput(text, None, role), POLICIES.at(NOON), NOON).route == way
    ]
    assert len(right) >= 0.95 * len(EXAMPLES)

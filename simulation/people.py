"""The invented people of the demonstration station: Duandian North Road, street 370104009. A pure
function of a seed.

Facts (7.2 km², 28 officers, 22 auxiliaries, 26 squads, 658 volunteers, squads named by who is in
them) are from the press report; names, ID numbers, homes and skills are invented. Phones begin with
12000 and ID numbers have the order code 000: neither is assigned to anybody in China.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Literal

from contracts.vocabulary import Role, Skill, values_of

Shift = Literal["day", "evening"]
STATION, STREET, DISTRICT = "sta_duandian", "370104009", "370104"
DOOR = (116.941, 36.667)
"""The station's door, WGS-84 longitude and latitude."""
WEST, SOUTH, EAST, NORTH = 116.9180, 36.6552, 116.9560, 36.6742
"""The area: 3.4 by 2.1 km."""
UNASSIGNED_PHONES = "12000"
VOLUNTEERS, DAY, EVENING = 658, 60, 40
SKILLS: tuple[Skill, ...] = values_of(Skill)


@dataclass(frozen=True)
class Person:
    """One person. The home is in WGS-84 degrees; `area` is their community, or the area of their
    role."""

    key: str
    name: str
    phone: str
    id_number: str
    birth_year: int
    role: Role
    area: str
    longitude: float
    latitude: float
    squad: str | None = None
    skills: tuple[Skill, ...] = ()
    on_duty: tuple[Shift, ...] = ()


@dataclass(frozen=True)
class StationPlan:
    id: str
    name: str
    streets: tuple[str, ...]
    longitude: float
    latitude: float


@dataclass(frozen=True)
class SquadPlan:
    """`leader` is the key of a volunteer."""

    id: str
    name: str
    leader: str


@dataclass(frozen=True)
class Demonstration:
    station: StationPlan
    squads: tuple[SquadPlan, ...]
    volunteers: tuple[Person, ...]
    officers: tuple[Person, ...]
    auxiliaries: tuple[Person, ...]
    committee: tuple[Person, ...]
    residents: tuple[Person, ...]
    city_desk: tuple[Person, ...]
    operators: tuple[Person, ...]
    district_officers: tuple[Person, ...]
    city_officers: tuple[Person, ...]

    @property
    def staff(self) -> tuple[Person, ...]:
        """Everybody whose role is granted rather than joined."""
        station = self.officers + self.auxiliaries + self.committee
        above = self.district_officers + self.city_officers
        return station + self.city_desk + self.operators + above


_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧"
    "程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范"
)
_GIVEN = (
    "伟芳娜敏静强磊洋艳勇军杰娟涛明超霞平刚辉玲桂英建华文玉兰志红春梅海燕丽萍国庆秀珍淑贞俊峰晓东雪莹子涵浩然梓轩"
    "欣怡宇航思远嘉琪博文雨桐振兴永康德胜福来树林长青金凤爱民建国卫东新民守信"
)
_CENTRES = {
    "370104009001": (116.9327, 36.6646),
    "370104009002": (116.9472, 36.6605),
    "370104009003": (116.9507, 36.6664),
    "370104009004": (116.9296, 36.6618),
    "370104009005": (116.9385, 36.6595),
    "370104009006": (116.9267, 36.6599),
    "370104009007": (116.9397, 36.6716),
    "370104009008": (116.9415, 36.6695),
    "370104009009": (116.9444, 36.6730),
    "370104009010": (116.9357, 36.6678),
    "370104009011": (116.9528, 36.6633),
    "370104009201": (116.9205, 36.6560),
    "370104009202": (116.9345, 36.6730),
    "370104009203": (116.9440, 36.6570),
}
"""Approximate centre of each community and village."""

_SQUADS: tuple[tuple[str, tuple[Skill, ...], tuple[int, int]], ...] = (
    ("夕阳红", ("mediation", "care"), (1951, 1966)),
    ("青春飞扬", ("e-service", "first-aid"), (1996, 2006)),
    ("萤火虫", ("traffic", "first-aid"), (1975, 2000)),
    ("街坊掌柜", ("anti-fraud", "mediation"), (1966, 1992)),
    ("快递先锋", ("traffic", "e-service"), (1985, 2003)),
    ("园丁", ("mediation", "e-service"), (1968, 1996)),
    ("白衣天使", ("first-aid", "care"), (1975, 2000)),
    ("夜猫子", ("traffic", "mediation"), (1980, 2003)),
    ("遛狗的邻居", ("mediation", "care"), (1960, 1995)),
    ("老兵", ("traffic", "fire-safety"), (1955, 1990)),
    ("广场舞", ("anti-fraud", "care"), (1955, 1972)),
    ("红袖章", ("mediation", "traffic"), (1952, 1975)),
    ("的哥的姐", ("traffic", "first-aid"), (1966, 1990)),
    ("外卖骑手", ("traffic", "fire-safety"), (1988, 2004)),
    ("物业卫士", ("fire-safety", "e-service"), (1970, 1998)),
    ("楼栋长", ("mediation", "fire-safety"), (1954, 1985)),
    ("巧手师傅", ("fire-safety", "e-service"), (1962, 1992)),
    ("晨跑", ("first-aid", "traffic"), (1970, 2002)),
    ("宝妈", ("care", "anti-fraud"), (1982, 1999)),
    ("金算盘", ("anti-fraud", "e-service"), (1972, 1999)),
    ("法律明白人", ("mediation", "anti-fraud"), (1962, 1994)),
    ("棋友", ("mediation", "fire-safety"), (1952, 1980)),
    ("菜市场", ("anti-fraud", "traffic"), (1964, 1990)),
    ("公交司机", ("traffic", "first-aid"), (1968, 1992)),
    ("大学生", ("e-service", "anti-fraud"), (2001, 2006)),
    ("平安村", ("fire-safety", "mediation"), (1956, 1988)),
)
"""Name, common skills and range of birth years of each squad."""


class _Maker:
    """Draws people with unique names, birthdays and phones."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self._names: set[str] = set()
        self._birthdays: set[date] = set()
        self._made: dict[int, int] = {}

    def person(
        self, kind: int, key: str, role: Role, area: str, born: tuple[int, int] = (1968, 2000)
    ) -> Person:
        """`kind` is the digit of the phone that stands for the role; a running number completes
        `key`."""
        number = self._made[kind] = self._made.get(kind, 0) + 1
        birthday = self._birthday(*born)
        longitude, latitude = self._home()
        return Person(
            key=f"{key}{number:03d}",
            name=self._name(),
            phone=f"{UNASSIGNED_PHONES}{kind}{number:05d}",
            id_number=_id_number(birthday),
            birth_year=birthday.year,
            role=role,
            area=area,
            longitude=longitude,
            latitude=latitude,
        )

    def _name(self) -> str:
        while True:
            given = "".join(
                self.random.choice(_GIVEN) for _ in range(self.random.choice((1, 2, 2)))
            )
            name = self.random.choice(_SURNAMES) + given
            if name not in self._names:
                self._names.add(name)
                return name

    def _birthday(self, first_year: int, last_year: int) -> date:
        while True:
            days = (date(last_year, 12, 31) - date(first_year, 1, 1)).days
            birthday = date(first_year, 1, 1) + timedelta(self.random.randint(0, days))
            if birthday not in self._birthdays:
                self._birthdays.add(birthday)
                return birthday

    def _home(self) -> tuple[float, float]:
        return round(self.random.uniform(WEST, EAST), 6), round(
            self.random.uniform(SOUTH, NORTH), 6
        )


def _id_number(birthday: date) -> str:
    """A well-formed resident ID number (GB 11643) of Huaiyin district with the order code 000,
    which is never assigned."""
    digits = f"370104{birthday:%Y%m%d}000"
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(digits))
    return digits + "10X98765432"[total % 11]


def community_at(longitude: float, latitude: float) -> str:
    """The community with the nearest centre."""

    def distance(code: str) -> float:
        east, north = _CENTRES[code]
        return math.hypot((east - longitude) * math.cos(math.radians(latitude)), north - latitude)

    return min(_CENTRES, key=distance)


@cache
def demonstration(seed: int = 20210310) -> Demonstration:
    """Always the same people for a seed."""
    maker = _Maker(seed)
    volunteers = _on_duty(maker.random, _volunteers(maker))
    squads = tuple(
        SquadPlan(
            _squad_id(number), name, next(v.key for v in volunteers if v.squad == _squad_id(number))
        )
        for number, (name, _, _) in enumerate(_SQUADS)
    )
    return Demonstration(
        station=StationPlan(STATION, "段店北路派出所", (STREET,), *DOOR),
        squads=squads,
        volunteers=volunteers,
        officers=tuple(maker.person(2, "o", "officer", STREET) for _ in range(28)),
        auxiliaries=tuple(maker.person(3, "x", "officer", STREET) for _ in range(22)),
        committee=tuple(maker.person(4, "c", "committee", code) for code in sorted(_CENTRES)),
        residents=tuple(
            _at_home(maker.person(5, "r", "resident", "", (1945, 2006))) for _ in range(60)
        ),
        city_desk=(maker.person(6, "d", "city_desk", "3701"),),
        operators=(maker.person(7, "p", "operator", "3701"),),
        # Last, so that everybody before keeps their name and number.
        district_officers=tuple(maker.person(0, "e", "officer", DISTRICT) for _ in range(2)),
        city_officers=tuple(maker.person(0, "g", "officer", "3701") for _ in range(2)),
    )


def _squad_id(number: int) -> str:
    return f"squ_{number + 1:02d}"


def _at_home(person: Person) -> Person:
    return replace(person, area=community_at(person.longitude, person.latitude))


def _volunteers(maker: _Maker) -> list[Person]:
    """25 or 26 for each squad; the first one leads it."""
    people: list[Person] = []
    for number, (_, common, born) in enumerate(_SQUADS):
        size = VOLUNTEERS // len(_SQUADS) + (number < VOLUNTEERS % len(_SQUADS))
        for place in range(size):
            person = maker.person(1, "v", "volunteer" if place else "leader", "", born)
            skills = _skills(maker.random, common)
            people.append(replace(_at_home(person), squad=_squad_id(number), skills=skills))
    return people


def _skills(random: Random, common: Sequence[Skill]) -> tuple[Skill, ...]:
    """One or both of the squad's skills, and sometimes any other."""
    held = set(random.sample(list(common), random.choice((1, 2, 2))))
    if random.random() < 0.3:
        held.add(random.choice(SKILLS))
    return tuple(skill for skill in SKILLS if skill in held)


def _on_duty(random: Random, people: list[Person]) -> tuple[Person, ...]:
    """60 by day and 40 others in the evening, when nobody aged 70 or older is called."""
    day = {person.key for person in random.sample(people, DAY)}
    young = [person for person in people if person.key not in day and person.birth_year > 1957]
    evening = {person.key for person in random.sample(young, EVENING)}
    shifts: dict[str, tuple[Shift, ...]] = dict.fromkeys(day, ("day",))
    shifts.update(dict.fromkeys(evening, ("evening",)))
    return tuple(replace(person, on_duty=shifts.get(person.key, ())) for person in people)


def who_can_sign_in() -> list[tuple[str, str]]:
    """One person of each role: (role in Chinese and English, phone)."""
    people = demonstration()
    led = next(p for p in people.volunteers if p.role == "volunteer" and "day" in p.on_duty)
    return [
        ("居民 resident", people.residents[0].phone),
        ("义警 volunteer", led.phone),
        ("队长 squad leader", people.volunteers[0].phone),
        ("民警 station officer", people.officers[0].phone),
        ("分局民警 district officer", people.district_officers[0].phone),
        ("市局民警 city officer", people.city_officers[0].phone),
        ("社区居委会 committee", people.committee[7].phone),
        ("市局 city desk", people.city_desk[0].phone),
        ("运维 operator", people.operators[0].phone),
    ]

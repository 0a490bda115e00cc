"""Areas: prefixes of China's official division codes (city 4, district 6, street 9, community 12
digits)."""

import re

CITY = "3701"
AREA_PATTERN = r"^3701(\d{2}(\d{3}(\d{3})?)?)?$"
COMMUNITY_PATTERN = r"^\d{12}$"
_LENGTHS = (4, 6, 9, 12)
_AREA = re.compile(AREA_PATTERN)


def is_area(code: str) -> bool:
    """Whether the code is Jinan or an area within it, by form alone."""
    return _AREA.fullmatch(code) is not None


def is_community(code: str) -> bool:
    """Whether an area is as small as a community, by form alone."""
    return len(code) == 12


def covers(area: str, code: str) -> bool:
    """Whether `code` lies in `area`: 370104009 covers 370104009008."""
    return bool(area) and code.startswith(area)


def containing(code: str) -> tuple[str, ...]:
    """The area itself and all areas that contain it, the city first."""
    return tuple(code[:digits] for digits in _LENGTHS if digits <= len(code))


def district_of(code: str) -> str:
    return code[:6]


def street_of(code: str) -> str:
    return code[:9]

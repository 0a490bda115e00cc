"""The folders of a checkout that the local platform uses."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
STATE = ROOT / ".quancheng"
"""Everything that this project writes at run time is below this folder."""
CACHE = STATE / "servers"

"""`python -m deploy.apps build` builds the apps and says where they are; `node` says what puts Node
on the PATH."""

import sys

from deploy.apps.build import CACHE, BuildError, built
from deploy.apps.node import install


def main(arguments: list[str]) -> int:
    if arguments == ["node"]:
        print(f'export PATH="{install(CACHE / "node")}:$PATH"')
        return 0
    if arguments != ["build"]:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        print(built(lambda line: print(line, file=sys.stderr, flush=True)))
    except BuildError as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

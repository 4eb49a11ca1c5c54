"""The project speaks of itself alone: no path of a machine, no host of a package registry."""

import re

from tests.architecture.committed import committed

#: Pieces, so that this file does not hold what it looks for.
FORBIDDEN = re.compile(
    "|".join(
        [
            r"(?<![\w.])/" + r"(?:root|work|home/[a-z]+|Users/[A-Za-z]+)/",
            "pypi" + r"\.org",
            "files" + r"\.pythonhosted",
            "proxy" + r"\.golang\.org",
            "registry" + r"\.npmjs",
            "crates" + r"\.io",
        ]
    )
)


def test_no_committed_file_names_a_machine_or_a_registry() -> None:
    """Each line of each text file is looked at."""
    found = [
        f"{path}:{number}: {line}"
        for path, text in committed().items()
        for number, line in enumerate(text.splitlines(), 1)
        if FORBIDDEN.search(line)
    ]

    assert found == []

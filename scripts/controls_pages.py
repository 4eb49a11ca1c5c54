"""Write the page of each control and their index from METADATA: `controls_pages.py [--check]`.

Pages come from nothing else than the controls and the fact schemas; one that no control owns is deleted. With
`--check` nothing is written, and the exit code is 1 when a page differs from what would be.
"""

import sys

from auditor.catalogue.load import Catalogue, policies_folder
from auditor.catalogue.pages import PAGE, pages


def main(arguments: list[str]) -> int:
    """Write or check the pages; the exit code."""
    folder = policies_folder()
    wanted = pages(folder, Catalogue.load())
    there = set((folder / "controls").rglob(PAGE))
    stale = sorted(there - set(wanted)) + sorted(
        file for file, text in wanted.items() if file not in there or file.read_text(encoding="utf-8") != text
    )
    if "--check" in arguments:
        for file in stale:
            print(f"{file.relative_to(folder.parent)} is not what scripts/controls_pages.py writes; run it.")
        return 1 if stale else 0
    for file in there:
        file.unlink()
    for file, text in wanted.items():
        file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

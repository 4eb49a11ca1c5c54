"""Write the page of each control and their index from METADATA: `controls_pages.py [--check]`.

Pages come from nothing else than the controls and the fact schemas; one that no control owns is deleted. With
`--check` nothing is written, and the exit code is 1 when a page differs from what would be.
"""

import sys

from auditor.catalogue.load import Catalogue, policies_folder
from auditor.catalogue.pages import stale_pages, write_pages


def main(arguments: list[str]) -> int:
    """Write or check the pages; the exit code."""
    stale = stale_pages(policies_folder(), Catalogue.load())
    if "--check" in arguments:
        for file in stale:
            name = file.relative_to(policies_folder().parent)
            print(f"{name} is not what scripts/controls_pages.py writes; run it.")
        return 1 if stale else 0
    write_pages(stale)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

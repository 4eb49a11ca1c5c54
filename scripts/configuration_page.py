"""Write what the tables of settings and of formats say: three pages and a schema; `--check` them.

docs/configuration.md, docs/reports.md, docs/check-formats.md and the schema of auditor.yaml.
"""

import json
import sys
from pathlib import Path

from auditor.config import publish

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Write the files, or say which one is behind the tables."""
    made = {
        ROOT / "docs" / "configuration.md": publish.page(),
        ROOT / "docs" / "reports.md": publish.reports_page(),
        ROOT / "docs" / "check-formats.md": publish.check_page(),
        publish.SCHEMA_FILE: json.dumps(publish.schema(), indent=2) + "\n",
    }
    if sys.argv[1:] == ["--check"]:
        behind = [file for file, text in made.items() if not file.is_file() or file.read_text() != text]
        for file in behind:
            print(f"{file.relative_to(ROOT)} is behind the tables: run {Path(__file__).name}")
        return 1 if behind else 0
    for file, text in made.items():
        file.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())

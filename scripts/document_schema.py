"""Write what a tier is into `reports/document.schema.json`: `document_schema.py [--check]`.

The shape is that of `policies/schemas/tier.json`. The document's schema holds it whole, so that whoever has
this one file can read a document, and `reports` needs nothing of `policies`. With `--check` nothing is
written, and the exit code is 1 when the schema differs from what would be.
"""

import json
import sys
from pathlib import Path
from typing import Any

from auditor.catalogue.schemas import whole

_ROOT = Path(__file__).parents[1]
_TIER = _ROOT / "policies" / "schemas" / "tier.json"
_SCHEMA = _ROOT / "reports" / "document.schema.json"
#: A tier of a document: the shape, and its name.
_ENTRY = {
    "$comment": "Written by scripts/document_schema.py from policies/schemas/tier.json. Do not edit.",
    "$ref": "tier.json",
    "description": "What a protection tier demands.",
    "properties": {"name": {"type": "string", "minLength": 1}},
    "required": ["name"],
    "unevaluatedProperties": False,
}


def main(arguments: list[str]) -> int:
    """Write or check the schema; the exit code."""
    text = _SCHEMA.read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    tier = json.loads(_TIER.read_text(encoding="utf-8"))
    schema["$defs"]["tier"] = whole({"tier": tier, "entry": _ENTRY})["entry"]
    wanted = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    if "--check" in arguments:
        if wanted != text:
            print("reports/document.schema.json is not what scripts/document_schema.py writes; run it.")
        return 0 if wanted == text else 1
    _SCHEMA.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

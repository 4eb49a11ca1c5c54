"""Our own policies as inputs: which of them a document or a path is.

Sources of the forms: policies/schemas, docs/policies.md.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from auditor import files
from auditor.catalogue.layers import REGO_FOLDERS
from auditor.check.own_settings import is_settings
from auditor.check.shapes import as_object
from auditor.model.errors import AuditorError

Json = Any

TIERS, PARAMETERS, WAIVERS, POLICIES, SETTINGS = (
    "protection tiers", "parameters", "waivers", "policies", "settings",
)  # fmt: skip
ATTESTATIONS, RESPONSES, FRAMEWORK, LEGAL_HOLDS = "attestations", "responses", "framework", "legal holds"
_CONTROLS: Final = "controls"
_REGO: Final = ".rego"


def kind_of_own(document: Json) -> str:
    """Which of our policies a document is, "" for none."""
    found = as_object(document)
    if isinstance(found.get("tiers"), Mapping) and ("assignment" in found or "default" in found):
        return TIERS
    if isinstance(found.get("controls"), Mapping) and isinstance(found.get("organization"), Mapping):
        return PARAMETERS
    if isinstance(found.get("requirements"), list) and ("source" in found or "title" in found):
        return FRAMEWORK
    listed = {WAIVERS: "control_id", ATTESTATIONS: "statement", RESPONSES: "cause"}
    for kind, key in listed.items():
        entries = found.get(kind)
        if isinstance(entries, list) and all(key in as_object(one) for one in entries):
            return kind
    return SETTINGS if is_settings(found) else ""


def policies_of(place: Path) -> Path | None:
    """The folder of policies that a path is, or that a file or folder of Rego lies in; None for none.

    Raises:
        AuditorError: there is a symbolic link in it.
    """
    found = place if (place / _CONTROLS).is_dir() else None
    if found is None and (place.suffix == _REGO or place.is_dir()):
        above = (one.parent for one in place.absolute().parents if one.name in REGO_FOLDERS)
        found = next((one for one in above if (one / _CONTROLS).is_dir()), None)
    link = next((one for one in found.rglob("*") if one.is_symlink()), None) if found else None
    if link is not None:
        raise AuditorError(f"{files.shown(link)}: a folder of policies has no symbolic link; copy the file.")
    return found

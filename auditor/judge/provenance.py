"""How, when and by whom a run was collected and judged, as the document says it.

Equal evidence, policies, waivers and values of settings give equal bytes. So where a run is judged again with
the same, what an earlier judgement said of the origin of a setting stays.
"""

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import orjson

from auditor import __version__
from auditor.catalogue.attestations import Attestations
from auditor.catalogue.load import Catalogue, policies_folder
from auditor.catalogue.responses import Responses
from auditor.catalogue.waivers import Waivers
from auditor.evidence.layout import file_name
from auditor.evidence.store import Evidence
from auditor.model.settings import COLLECTING, Settings, stated

#: Settings that name a file or folder: their value is the same where what it holds is.
_NAMING: Final = {name: name for name in ("policies", "tiers", "waivers", "attestations", "responses")}
#: Groups of parameters that bear on verdicts; the others say what is pushed.
_JUDGING: Final = ("controls", "evidence")
_VALUE: Final = 300
_ERRORS: Final = 20


@dataclass(frozen=True, slots=True)
class JudgedBy:
    """What a run is judged by: `engine` in words, with its version."""

    settings: Settings
    catalogue: Catalogue
    waivers: Waivers
    attestations: Attestations
    responses: Responses
    engine: str


def provenance(evidence: Evidence, by: JudgedBy, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """Make that part of the document; `before` is the same part of an earlier judgement of the run."""
    about = evidence.metadata.get("provenance") or {}
    digests = {
        "evidence": evidence.manifest_sha256,
        "policies": by.catalogue.sha256,
        "tiers": _digest(by.catalogue.files["tiers.yaml"]),
        "parameters": _digest(by.catalogue.files["parameters.yaml"]),
        "waivers": by.waivers.sha256,
        "attestations": by.attestations.sha256,
        "responses": by.responses.sha256,
    }
    collected = {entry["name"]: entry for entry in about.get("settings", ())}
    judged = {entry["name"]: entry for entry in stated(by.settings) if entry["name"] not in COLLECTING}
    file = by.settings.origins.file
    judged_file = file and {"name": str(file), "sha256": by.settings.origins.file_sha256}
    if before:
        known = {entry["name"]: entry for entry in before["settings"]}
        same = [name for name in judged if name in known and _same(name, judged, known, before, digests)]
        judged |= {name: known[name] for name in same}
        if len(same) == len(judged):
            judged_file = before["settings_files"]["judged"]
    return {
        "collected": {
            name: about.get(name)
            for name in (
                *("started_at", "ended_at", "endpoint_started_at", "endpoint_ended_at"),
                *("caller", "organization"),
            )
        },
        "requests": _requests(evidence),
        "settings": [
            *({**collected[name], "step": "collect"} for name in COLLECTING if name in collected),
            *({**entry, "step": "judge"} for _, entry in sorted(judged.items())),
        ],
        "settings_files": {"collected": about.get("settings_file"), "judged": judged_file},
        "parameters": list(_parameters(by.catalogue)),
        "versions": {
            "collected": about.get("versions") or {"auditor": str(evidence.metadata.get("auditor_version"))},
            "judged": {
                "auditor": __version__,
                "Python": platform.python_version(),
                "Rego engine": by.engine,
            },
        },
        "digests": digests,
    }


def _same(
    name: str,
    judged: Mapping[str, Mapping[str, str]],
    known: Mapping[str, Mapping[str, str]],
    before: Mapping[str, Any],
    digests: Mapping[str, str | None],
) -> bool:
    if name in _NAMING:
        return bool(before["digests"].get(_NAMING[name]) == digests[_NAMING[name]])
    return judged[name]["value"] == known[name]["value"]


def _parameters(catalogue: Catalogue) -> Iterator[dict[str, str]]:
    """Each parameter that verdicts rest on; its origin is "default" where the shipped file is used."""
    shipped = (policies_folder() / "parameters.yaml").read_text(encoding="utf-8")
    origin = "default" if shipped == catalogue.files["parameters.yaml"] else "file"
    found = catalogue.data["parameters"]
    for group in _JUDGING:
        for name, value in sorted(found.get(group, {}).items()):
            text = value if isinstance(value, str) else orjson.dumps(value).decode()
            yield {"name": f"{group}.{name}", "value": text[:_VALUE], "origin": origin}


def _requests(evidence: Evidence) -> dict[str, Any]:
    """The file of all requests with its digest, how many there are, and which errors they ended with."""
    name = file_name("requests")
    file = evidence.files.get(name)
    if file is None:
        return {"file": None, "sha256": None, "count": 0, "errors": []}
    counted = evidence.read("requests", columns=["error"])["error"].value_counts().to_pylist()
    errors = sorted(
        ({"error": one["values"], "count": one["counts"]} for one in counted if one["values"] is not None),
        key=lambda one: (-one["count"], one["error"]),
    )
    return {"file": name, "sha256": file.sha256, "count": file.rows, "errors": errors[:_ERRORS]}


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()

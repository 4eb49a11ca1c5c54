"""The catalogue: everything under `policies/`, read once, checked, and hashed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import orjson

import auditor
from auditor.catalogue.audit_manager import read_framework
from auditor.catalogue.controls import TEST, RegoSource, read_control
from auditor.catalogue.holds import read_register
from auditor.catalogue.layers import ASKED, HOLDS, files_of
from auditor.catalogue.schemas import whole
from auditor.catalogue.suggestions import SUGGESTIONS
from auditor.model.audit_manager import EVERY_CONTROL, AskedFramework
from auditor.model.errors import AuditorError, UsageError
from auditor.model.holds import Matters
from auditor.model.policy import SAMPLE_SIZES, Control, TierAssignment, Tiers
from auditor.yaml_files.document import Document, parse, read_text
from reports.text import clip


@dataclass(frozen=True)
class Catalogue:
    """What must be so.

    `controls` are sorted by id. `modules` are the Rego files (no tests) by path below the policies folder.
    `data` is what Rego sees beside them: {"tiers": tiers.yaml, "parameters": parameters.yaml}, each whole.
    `schemas` are the JSON schemas of `policies/schemas` by name, whole. `files` are the texts of a folder
    that loads as this one did: the modules and their tests, `tiers.yaml`, `parameters.yaml`, what mends
    findings, and the frameworks, which `load_frameworks` reads. `sha256` is the hash of everything that was
    read but the tests. `sources` are the files that were read, by the same paths. `asked` is what
    an audit for AWS Backup Audit Manager asks, `matters` the register of legal holds.
    """

    controls: tuple[Control, ...]
    tiers: Tiers
    modules: Mapping[str, str]
    data: Mapping[str, Any]
    schemas: Mapping[str, Mapping[str, Any]]
    files: Mapping[str, str]
    sha256: str
    sources: Mapping[str, Path]
    asked: AskedFramework = EVERY_CONTROL
    matters: Matters = ()

    @property
    def rego(self) -> Mapping[str, str]:
        """The Rego files with their tests, by path below the policies folder."""
        return {path: text for path, text in self.files.items() if path.endswith(".rego")}

    @property
    def control_ids(self) -> frozenset[str]:
        """The ids of the controls."""
        return frozenset(control.id for control in self.controls)

    @classmethod
    def load(
        cls,
        folder: Path | None = None,
        tiers: Path | None = None,
        audit_manager: Path | None = None,
        holds: Path | None = None,
    ) -> Self:
        """Read the policies in `folder` (None: the shipped ones) and the tiers file (None: the folder's).

        A folder without tiers.yaml and parameters.yaml adds to the shipped policies (`layers`).
        `audit_manager` is a framework of AWS Backup Audit Manager (None: that of the policies, if they have
        one, else every control of that service with AWS's defaults), `holds` the register of legal holds
        (None: that of the policies, if they have one).
        Schemas are always the shipped ones: they say what this release of the auditor gives to a control.

        Raises:
            UsageError: a file is missing or wrong, with its name and line; or there is no control at all.
        """
        folder = folder or policies_folder()
        if not folder.is_dir():
            raise UsageError(
                f"{folder}: there is no such folder of policies; name one that has `controls` in it."
            )
        schemas, schema_texts = shipped_schemas()
        sources = files_of(folder, policies_folder())
        given = {"tiers.yaml": tiers, ASKED: audit_manager, HOLDS: holds}
        sources |= {name: file for name, file in given.items() if file is not None}
        texts = {path: read_text(file) for path, file in sources.items()}
        tests = {path: text for path, text in texts.items() if path.endswith(TEST)}
        files = {path: text for path, text in texts.items() if path not in tests}
        modules = {path: text for path, text in files.items() if path.endswith(".rego")}
        names = ("tiers.yaml", "parameters.yaml", ASKED, HOLDS)
        documents = {name: parse(texts[name], str(sources[name])) for name in names if name in sources}
        documents["parameters.yaml"].check(schemas["parameters"])
        data = {name: documents[f"{name}.yaml"].value for name in ("tiers", "parameters")}
        return cls(
            controls=_controls(folder, sources, files, schemas),
            tiers=tiers_of(documents["tiers.yaml"], schemas["tiers"]),
            modules=MappingProxyType(modules),
            data=MappingProxyType(data),
            schemas=schemas,
            files=MappingProxyType({**files, **tests}),
            sha256=_digest({**files, **schema_texts}),
            sources=MappingProxyType(sources),
            asked=read_framework(documents[ASKED]) if ASKED in sources else EVERY_CONTROL,
            matters=read_register(documents[HOLDS], schemas["holds"]) if HOLDS in sources else (),
        )


def policies_folder() -> Path:
    """The shipped policies: inside the installed package, else in the checkout that the package lies in."""
    package = Path(auditor.__file__).parent
    for folder in (package / "_policies", package.parent / "policies"):
        if (folder / "tiers.yaml").is_file():
            return folder
    raise AuditorError(f"The policies are missing beside {package}; install backup-auditor again.")


@cache
def shipped_schemas() -> tuple[Mapping[str, Mapping[str, Any]], Mapping[str, str]]:
    """The schemas of this release by name, whole, and their texts by path below the policies folder."""
    files = sorted((policies_folder() / "schemas").glob("*.json"))
    texts = {f"schemas/{file.name}": file.read_text(encoding="utf-8") for file in files}
    schemas = whole({file.stem: orjson.loads(texts[f"schemas/{file.name}"]) for file in files})
    return MappingProxyType(schemas), texts


def _controls(
    folder: Path,
    sources: Mapping[str, Path],
    files: Mapping[str, str],
    schemas: Mapping[str, Mapping[str, Any]],
) -> tuple[Control, ...]:
    found: dict[str, Control] = {}
    for path, rego in files.items():
        if not (path.startswith("controls/") and path.endswith(".rego")):
            continue
        file = sources[path]
        if len(Path(path).parts) != 4 or file.stem != file.parent.name:  # noqa: PLR2004 -- controls/family/name/name.rego
            raise UsageError(f"{file}: a control is kept in controls/<family>/<name>/<name>.rego.")
        tested = path.removesuffix(".rego") + TEST in sources
        beside = f"{path.rpartition('/')[0]}/{SUGGESTIONS}"
        control = read_control(RegoSource(path, str(file), rego, tested, files.get(beside, "")), schemas)
        if control.id in found:
            raise UsageError(
                f"{file}: the id {control.id} is taken by {found[control.id].path}; take the next free one."
            )
        found[control.id] = control
    if not found:
        raise UsageError(
            f"{folder}: there is no control in it; an audit without controls would prove nothing."
        )
    return tuple(found[id_] for id_ in sorted(found))


def tiers_of(document: Document, schema: Mapping[str, Any]) -> Tiers:
    """The tiers that a document declares; raises `UsageError` where it is not as `schema` says."""
    document.check(schema)
    value = document.value
    names = value["tiers"]
    for number, entry in enumerate(value["assignment"]):
        if entry["tier"] not in names:
            raise document.error(
                ["assignment", number, "tier"], f"there is no tier '{clip(entry['tier'], 100)}'; declare it."
            )
    if value["default"] not in names:
        raise document.error(["default"], f"there is no tier '{clip(value['default'], 100)}'; declare it.")
    for name, tier in names.items():
        copies = ((kind,) for kind in ("copy", "account_copy") if kind in tier)
        for path in ((), *copies):
            kept = tier[path[0]] if path else tier
            if kept.get("retention_max_days", inf) < kept.get("retention_days", 0):
                raise document.error(
                    ["tiers", name, *path, "retention_max_days"], "the ceiling is below retention_days."
                )
        if "three_two_one" in tier and "restore_test" not in tier:
            said = "its last digit is of restores; say by restore_test which of them count."
            raise document.error(["tiers", name, "three_two_one"], said)
        tests = tier.get("restore_test", {})
        size = next((key for key in SAMPLE_SIZES if key in tests), "")
        if size and not tests.get("sample"):
            said = "it is the size of a sample; take one with `sample: true`."
            raise document.error(["tiers", name, "restore_test", size], said)
    assignment = tuple(
        TierAssignment.of(entry, document.line(["assignment", number]))
        for number, entry in enumerate(value["assignment"])
    )
    return Tiers(names, assignment, value["default"])


def _digest(texts: Mapping[str, str]) -> str:
    digest = sha256()
    for path in sorted(texts):
        content = texts[path].encode()
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()

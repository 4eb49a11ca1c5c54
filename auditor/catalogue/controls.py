"""Controls in `policies/controls/<family>/<name>/`: their METADATA checked, and each made a `Control`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath
from typing import Any, Final

from auditor.catalogue.annotations import Annotated, annotated
from auditor.catalogue.moments import CHECK, WITHOUT, only_recorded
from auditor.catalogue.schemas import paths, unknown
from auditor.catalogue.suggestions import SUGGESTIONS, Suggestions, read_suggestions
from auditor.model.audit_controls import CONTROLS
from auditor.model.audit_manager import FRAMEWORK
from auditor.model.errors import UsageError
from auditor.model.policy import Control, Explained
from auditor.model.verdicts import Severity
from auditor.yaml_files.document import Document, parse

Json = Mapping[str, Any]

#: How the name of a file of tests ends.
TEST: Final = "_test.rego"

#: The family's folder, and the letters of its ids.
FAMILIES: Final[Mapping[str, str]] = {
    "coverage": "COV",
    "frequency": "FRQ",
    "retention": "RET",
    "immutability": "IMM",
    "encryption": "ENC",
    "isolation": "ISO",
    "recovery": "REC",
    "governance": "GOV",
}
#: The folder of the controls of AWS Backup Audit Manager, which have its names for ids: an audit for the
#: framework of that service asks them, and no other one.
AUDIT_MANAGER: Final = "audit_manager"
_FIELD: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_INPUT: Final = re.compile(r"\binput\.([a-z_]+(?:\.[a-z_]+)*)")
_CODE: Final = re.compile(r'"code":\s*"([^"]*)"')
_NO_TEXT: Final = re.compile(r'"code":(?!\s*")')


@dataclass(frozen=True)
class RegoSource:
    """One control's Rego: `path` below the policies folder, `shown` as the user knows the file.

    `suggestions` is the text of the file of them beside it, "" where there is none.
    """

    path: str
    shown: str
    rego: str
    tested: bool
    suggestions: str = ""


def read_control(source: RegoSource, schemas: Mapping[str, Json]) -> Control:
    """Check `source` and make it a control; `schemas` are the JSON schemas by name, "metadata" among them.

    Raises:
        UsageError: naming the file and the line.
    """
    found = annotated(source.rego, source.shown)
    document = found.metadata
    document.check(schemas["metadata"])
    metadata, custom = document.value, document.value["custom"]
    family, folder, _ = PurePosixPath(source.path).parts[1:]
    _check_place(source, found, FAMILIES.get(family), f"controls.{family}.{folder}")
    facts = _facts(document, metadata, schemas)
    _check_facts(document, custom, facts)
    _check_reads(source, custom["reads"], facts)
    _check_reasons(source, document, custom["reasons"])
    _check_causes(document, custom, facts)
    return Control(
        id=custom["id"],
        title=metadata["title"],
        description=metadata["description"].strip(),
        severity=Severity(custom["severity"]),
        subject=custom["subject"],
        moments=tuple(custom["moments"]),
        reads=tuple(custom["reads"]),
        cites=tuple(custom.get("cites", ())),
        reasons=dict(custom["reasons"]),
        remediation=custom["remediation"].strip(),
        package=f"controls.{family}.{folder}",
        path=source.path,
        deleted_resources=custom.get("deleted_resources", False),
        attestable=custom.get("attestable", False),
        demanded_by=custom.get("demanded_by", ""),
        only_for=FRAMEWORK if family == AUDIT_MANAGER else "",
        causes={
            code: Explained(one["problem"], one["named_by"], one["remediation"].strip())
            for code, one in custom.get("causes", {}).items()
        },
        suggestions=_suggestions(source, custom["reasons"], schemas["suggestions"]),
    )


def _suggestions(source: RegoSource, reasons: Mapping[str, str], schema: Json) -> Suggestions:
    """What mends its findings, empty where nothing is written."""
    if not source.suggestions:
        return {}
    document = parse(source.suggestions, str(PurePath(source.shown).with_name(SUGGESTIONS)))
    return read_suggestions(document, reasons, source.rego, schema)


def _check_place(source: RegoSource, found: Annotated, letters: str | None, package: str) -> None:
    own = found.metadata.value["custom"]["id"] in CONTROLS
    family = PurePosixPath(source.path).parts[1]
    if letters is None and family != AUDIT_MANAGER:
        known = ", ".join(FAMILIES)
        raise UsageError(f"{source.shown}: the folder is not a family of controls; the families are {known}.")
    if found.package != package:
        where = f"{source.shown}:{found.package_line}"
        raise UsageError(f"{where}: in this folder the package must be {package}, not {found.package}.")
    id_ = found.metadata.value["custom"]["id"]
    if family == AUDIT_MANAGER and not own:
        raise found.metadata.error(
            ["custom", "id"], f"{id_} is no control of AWS Backup Audit Manager; keep it in another family."
        )
    if family != AUDIT_MANAGER and (own or id_.split("-")[1] != letters):
        raise found.metadata.error(
            ["custom", "id"], f"{id_} is not an id of this family; write BKP-{letters}-nnn."
        )
    if not source.tested:
        test = PurePosixPath(source.path).stem + TEST
        raise UsageError(
            f"{source.shown}: there is no {test} beside it; a control without tests is not loaded."
        )


@dataclass(frozen=True, slots=True)
class _Facts:
    """The facts of a subject: its whole schema, and the path of each."""

    schema: Json
    known: frozenset[str]


def _facts(document: Document, metadata: Json, schemas: Mapping[str, Json]) -> _Facts:
    """The facts that a control may read; raises `UsageError` where there are none of its subject."""
    subject = metadata["custom"]["subject"]
    if {"input": f"schema.{subject}"} not in metadata["schemas"]:
        raise document.error(["schemas"], f"the input's schema must be schema.{subject}, as `subject` says.")
    if subject not in schemas:
        raise document.error(["custom", "subject"], f"there is no schema of the facts of a {subject}.")
    return _Facts(schemas[subject], frozenset(paths(schemas[subject])))


def _check_facts(document: Document, custom: Json, facts: _Facts) -> None:
    _check_moments(document, custom, facts)
    demanded = custom.get("demanded_by")
    if demanded and demanded not in facts.known:
        raise document.error(["custom", "demanded_by"], unknown(demanded, facts.schema))
    for key in ("reads", "cites"):
        for number, path in enumerate(custom.get(key, ())):
            if path not in facts.known:
                raise document.error(["custom", key, number], unknown(path, facts.schema))
            if key == "cites" and _covered(path, custom["reads"]):
                raise document.error(
                    ["custom", key, number], f"{path} is read already; cite only what is not."
                )


def _check_moments(document: Document, custom: Json, facts: _Facts) -> None:
    """Refuse a control of what its moment does not have, or that reads what only a later one knows."""
    for number, moment in enumerate(custom["moments"]):
        if custom["subject"] in WITHOUT[moment]:
            raise document.error(
                ["custom", "moments", number],
                f"nothing is asked about a {custom['subject']} at the moment {moment}; take it out of "
                "`moments`.",
            )
    for number, path in enumerate(custom["reads"] if CHECK in custom["moments"] else ()):
        tables = only_recorded(facts.schema, path) if path in facts.known else []
        if tables:
            raise document.error(
                ["custom", "reads", number],
                f"{path} is made of {', '.join(tables)}, which only an audit knows; take {CHECK} out of "
                "`moments`, or do not read it.",
            )


def _covered(path: str, reads: Sequence[str]) -> bool:
    return any(path == read or path.startswith(read + ".") for read in reads)


def _check_reads(source: RegoSource, reads: Sequence[str], facts: _Facts) -> None:
    """Check that each `input.…` of the Rego lies in a declared read, or holds one: others are never there."""
    for number, line in enumerate(source.rego.splitlines(), 1):
        for path in () if line.startswith("#") else _INPUT.findall(line):
            if path not in facts.known:
                raise UsageError(f"{source.shown}:{number}: input.{unknown(path, facts.schema)}")
            holds = any(read.startswith(path + ".") for read in reads)
            if not holds and path != "as_of" and not _covered(path, reads):
                raise UsageError(
                    f"{source.shown}:{number}: input.{path} is read but not declared; add it to `reads`."
                )


def _check_reasons(source: RegoSource, document: Document, reasons: Mapping[str, str]) -> None:
    codes = set(_CODE.findall(source.rego))
    lines = [(number, line) for number, line in enumerate(source.rego.splitlines(), 1) if line[:1] != "#"]
    for number, line in lines:
        if _NO_TEXT.search(line):
            raise UsageError(f'{source.shown}:{number}: write the code of a reason as a text, "code": "…".')
    rules = "\n".join(line for _, line in lines)
    for code, template in reasons.items():
        if code not in codes:
            raise document.error(["custom", "reasons", code], f"no rule gives the code {code}; remove it.")
        if set("{}") & set(_FIELD.sub("", template)):
            raise document.error(
                ["custom", "reasons", code], "write a field of the evidence as {name}, and no other brace."
            )
        for name in _FIELD.findall(template):
            if f'"{name}"' not in rules:
                raise document.error(
                    ["custom", "reasons", code], f'no rule gives the evidence "{name}"; correct {{{name}}}.'
                )
    for code in sorted(codes - set(reasons)):
        raise document.error(["custom", "reasons"], f"the code {code} has no reason; write its sentence.")


def _check_causes(document: Document, custom: Json, facts: _Facts) -> None:
    """Refuse a cause of no reason, a reason without one beside others, and a fact that no finding has."""
    causes = custom.get("causes", {})
    for code, one in causes.items():
        place, path = ["custom", "causes", code], one["named_by"]
        if code not in custom["reasons"]:
            raise document.error(place, f"there is no reason {code}; remove its cause.")
        if path not in facts.known:
            raise document.error([*place, "named_by"], unknown(path, facts.schema))
        if not _covered(path, [*custom["reads"], *custom.get("cites", ())]):
            raise document.error(
                [*place, "named_by"], f"{path} is neither read nor cited; add it to `cites`."
            )
    for code in custom["reasons"] if causes else ():
        if code not in causes:
            raise document.error(
                ["custom", "causes"], f"the reason {code} has no cause; write its problem and remediation."
            )

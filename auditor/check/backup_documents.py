"""Plans, selections and vaults of AWS Backup as JSON, as its API and its command line write and take them.

Source: API reference, CreateBackupPlan, GetBackupPlan, CreateBackupSelection, GetBackupSelection; AWS CLI,
`--cli-input-json`, `--backup-plan file://…`, `--backup-selection file://…`.
"""

from collections.abc import Mapping
from typing import Any, Final

from auditor.check.declared import (
    Assumed,
    Declaration,
    DeclaredPlan,
    DeclaredSelection,
    DeclaredVault,
    Place,
    Prior,
    Source,
)
from auditor.check.lines import lines_of
from auditor.check.locks import described_lock
from auditor.check.reading import Reading
from auditor.check.shapes import as_object
from auditor.model.arn import place_of
from auditor.model.documents import UnreadableDocument
from auditor.model.plans import BackupPlan, Rule, Selection
from auditor.model.vaults import VaultLock
from auditor.yaml_files.document import Document

Json = Any

KIND: Final = "AWS Backup JSON"
_PLAN: Final = "BackupPlan"
_SELECTION: Final = "BackupSelection"
#: The names of a plan: what is asked for, and what the API answers.
_NAME: Final = "BackupPlanName"
_WORDS: Final = {
    _PLAN: frozenset({_NAME, "Rules"}),
    _SELECTION: frozenset({"SelectionName", "IamRoleArn", "Resources", "ListOfTags"}),
}


def is_backup_document(document: Json) -> bool:
    """Whether it is a plan or selection of AWS Backup, alone or in a request or an answer, or a vault."""
    return _is_vault(as_object(document)) or any(
        _is_plan(found, key) or _is_selection(found, key)
        for key, found in _inside(as_object(document)).items()
    )


def _inside(document: Mapping[str, Json]) -> dict[str, Mapping[str, Json]]:
    """What may be a plan or a selection, by the key under which it stands, "" for the document itself.

    Under a key of its own it is one as soon as anything of it is there: the rest AWS Backup may refuse.
    """
    parts = {key: as_object(document.get(key)) for key in (_PLAN, _SELECTION)}
    return {**{key: found for key, found in parts.items() if not _WORDS[key].isdisjoint(found)}, "": document}


def _is_plan(found: Mapping[str, Json], key: str = "") -> bool:
    return key == _PLAN or _WORDS[_PLAN] <= found.keys()


def _is_selection(found: Mapping[str, Json], key: str = "") -> bool:
    return key == _SELECTION or {"SelectionName", "IamRoleArn"} <= found.keys()


def _is_vault(found: Mapping[str, Json]) -> bool:
    """Whether it is an answer of DescribeBackupVault."""
    return {"BackupVaultName", "BackupVaultArn", "Locked"} <= found.keys()


def _vault(found: Mapping[str, Json], source: Source, lines: Document | None) -> DeclaredVault:
    """A vault as it is."""
    name, arn = str(found["BackupVaultName"]), str(found["BackupVaultArn"])
    lock, fault = VaultLock(locked=False), ""
    try:
        lock = described_lock(found)
    except UnreadableDocument as error:
        fault = str(error)
    place, where = Place.of(*place_of(arn)), _declared(source, lines, f"BackupVault {name}", [])
    return DeclaredVault(place, arn, name, lock, where, fault, Prior(arn, changes=False), now=True)


def read_backup_document(document: Json, source: Source, assumed: Assumed) -> Reading:
    """The plan and the selection that a document declares."""
    reading = Reading(source.name, KIND)
    arn = document.get("BackupPlanArn")
    account, region = place_of(arn) if isinstance(arn, str) else ("", "")
    place = Place.of(account or assumed.account, region or assumed.region)
    plan_id = document.get("BackupPlanId")
    plan_id = plan_id if isinstance(plan_id, str) else ""
    lines = lines_of(source)
    if _is_vault(document):
        reading.vaults.append(_vault(document, source, lines))
    for key, found in _inside(document).items():
        path: list[str | int] = [key] if key else []
        if _is_plan(found, key):
            declaration = _declared(source, lines, f"{_PLAN} {found.get(_NAME, '')}".rstrip(), path)
            reading.plans.append(_plan(found, plan_id or f"({source.name})", place, declaration, assumed))
        if _is_selection(found, key):
            name = found.get("SelectionName", "")
            declaration = _declared(source, lines, f"{_SELECTION} {name}".rstrip(), path)
            reading.selections.append(_selection(document, found, plan_id, place, declaration))
    return reading


def _plan(
    found: Mapping[str, Json], plan_id: str, place: Place, declaration: Declaration, assumed: Assumed
) -> DeclaredPlan:
    rules: tuple[Rule, ...] = ()
    fault, name = "", found.get(_NAME)
    try:
        rules = BackupPlan.rules_of(found, assumed.copy_lifecycle)
    except UnreadableDocument as error:
        fault = str(error)
    arn = f"arn:{place.partition}:backup:{place.region}:{place.account_id}:backup-plan:{plan_id}"
    return DeclaredPlan(
        BackupPlan(
            plan_id,
            arn,
            name if isinstance(name, str) else plan_id,
            place.account_id,
            place.region,
            "",
            rules,
            fault=fault,
        ),
        declaration,
    )


def _selection(
    document: Mapping[str, Json],
    found: Mapping[str, Json],
    plan_id: str,
    place: Place,
    declaration: Declaration,
) -> DeclaredSelection:
    known = document.get("SelectionId")
    selection_id = known if isinstance(known, str) else declaration.address
    try:
        selection = Selection.from_document(found, plan_id=plan_id, selection_id=selection_id)
    except UnreadableDocument as error:
        selection = Selection(selection_id, declaration.address, plan_id, "", fault=str(error))
    answered = isinstance(known, str)
    return DeclaredSelection(place, selection, declaration, role=selection.iam_role_arn, answered=answered)


def _declared(source: Source, lines: Document | None, address: str, path: list[str | int]) -> Declaration:
    return Declaration(source.name, address, lines.line(path) if lines else 0)

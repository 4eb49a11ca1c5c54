"""What a finding that Security Hub has needs of Workflow and Note, and the call that sets them.

`BatchImportFindings` sets both of a new finding only. So a finding that is waived later would stay NEW, and
one whose waiver is over would stay SUPPRESSED, which hides it. What people set by hand stays but for this.

Source: API reference of Security Hub, BatchUpdateFindings (100 findings of one Workflow and Note a call);
user guide, "Setting the workflow status of findings": a finding that was RESOLVED and ARCHIVED is NEW once it
is active again, and one that was SUPPRESSED stays so.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any, Final

from auditor.aws.base import Client
from auditor.aws.failures import CALL_ERRORS, MALFORMED, failure_of
from auditor.aws.items import member
from auditor.aws.session import RoleNotAssumed
from auditor.publish.hub import Known, many, said
from reports.formats.asff import WAIVED_UNTIL
from reports.text import clip

_CALL: Final = 100
_LONGEST: Final = 512
_BEFORE: Final = " | Note before: "
_NO_LONGER: Final = "No longer waived."


@dataclass(frozen=True, slots=True)
class Setting:
    """The Workflow and Note that a finding gets; without `text` its Note stays.

    `word` says what the finding becomes.
    """

    word: str
    status: str
    text: str = ""
    by: str = ""


def setting_of(finding: Mapping[str, Any], there: Known) -> Setting | None:
    """What a finding of the run needs, by what Security Hub has of it; None where both stay as they are."""
    verdict, note = finding["ProductFields"]["auditor/Verdict"], finding.get("Note")
    if verdict == "COMPLIANT":
        is_reset = there.workflow == "NEW" or (not there.is_active and there.workflow != "SUPPRESSED")
        return Setting("resolved", "RESOLVED") if is_reset else None
    is_ours = there.note.startswith(WAIVED_UNTIL)
    if note is not None:
        # whoever opened it since wants that
        is_said = there.note == note["Text"] or there.note.startswith(note["Text"] + _BEFORE)
        if is_said if is_ours else there.workflow == "SUPPRESSED":
            return None
        return Setting("suppressed", "SUPPRESSED", _text(note["Text"], there.note), note["UpdatedBy"])
    if there.workflow == "SUPPRESSED" and (is_ours or there.verdict == "WAIVED"):
        return Setting("reopened", "NEW", _text(_NO_LONGER, there.note), "auditor")
    return None


def _text(ours: str, there: str) -> str:
    """Our sentence, and behind it the note that somebody else wrote before."""
    if there.startswith((WAIVED_UNTIL, _NO_LONGER)):
        there = there.partition(_BEFORE)[2]
    return clip(f"{ours}{_BEFORE}{there}" if there else ours, _LONGEST)


def set_all(
    client: Client, product: str, settings: Mapping[str, Setting], stop: Event
) -> tuple[dict[str, Setting], tuple[str, ...]]:
    """Set what the findings (by id) of `product` need: which were set, and in words what was not.

    A call that fails is the last one, as when `stop` is set.
    """
    alike: defaultdict[Setting, list[str]] = defaultdict(list)
    for name, setting in settings.items():
        alike[setting].append(name)
    done: set[str] = set()
    for setting, names in alike.items():
        for start in range(0, len(names), _CALL):
            if stop.is_set():
                return _told(settings, done, "")
            try:
                done.update(_set(client, product, setting, names[start : start + _CALL]))
            except (*CALL_ERRORS, *MALFORMED, RoleNotAssumed) as error:
                is_role = isinstance(error, RoleNotAssumed)
                why = str(error) if is_role else said("BatchUpdateFindings", failure_of(error))
                return _told(settings, done, why)
    return _told(settings, done, "Security Hub did not take it; publish again.")


def _set(client: Client, product: str, setting: Setting, ids: Sequence[str]) -> list[str]:
    """The ids that were set."""
    note = {"Note": {"Text": setting.text, "UpdatedBy": setting.by}} if setting.text else {}
    answer = client.batch_update_findings(
        FindingIdentifiers=[{"Id": name, "ProductArn": product} for name in ids],
        Workflow={"Status": setting.status},
        **note,
    )
    return [member(one, "Id") for one in member(answer, "ProcessedFindings", list)]


def _told(
    settings: Mapping[str, Setting], done: set[str], why: str
) -> tuple[dict[str, Setting], tuple[str, ...]]:
    taken = {name: setting for name, setting in settings.items() if name in done}
    left = len(settings) - len(taken)
    return taken, (f"The Workflow of {many(left)} was not set: {why}",) if left and why else ()

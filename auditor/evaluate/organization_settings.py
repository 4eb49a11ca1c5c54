"""The organization as a subject, where the whole of it is audited and a tier asks for what it decides."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from auditor.evaluate.arrow import texts
from auditor.evaluate.columns import rows
from auditor.evaluate.facts import Frame, Hole, encode
from auditor.evaluate.gaps import GapIndex, Unknowns
from auditor.evaluate.times import epoch_ms, long_after, parse
from auditor.evidence.policy_tables import ORGANIZATION_SETTINGS
from auditor.model.policy import Tiers

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

ORGANIZATION: Final = "organization"
#: The key of a tier that asks for copies in another account.
DEMANDED: Final = "account_copy"
_ENABLED, _TIERS = "organization.cross_account_backup", "organization.copying_tiers"
_OPERATION: Final = "DescribeGlobalSettings"


def organization_frames(
    evidence: "Evidence", tiers: Tiers, known: GapIndex, unknowns: Unknowns
) -> Iterator[Frame]:
    """The organization, in the account that manages it; none where no tier asks for copies in another one."""
    management = evidence.metadata.get("management_account_id") or ""
    copying = sorted(name for name, tier in tiers.tiers.items() if DEMANDED in tier)
    if not (management and copying):
        return
    row = next(iter(rows(evidence.read(ORGANIZATION_SETTINGS))), {})
    enabled, why = row.get("cross_account_backup"), ""
    gaps = known.ids((ORGANIZATION_SETTINGS,), management)
    if long_after(*(epoch_ms(parse(evidence.metadata[name])) for name in ("collected_at", "as_of"))):
        why = "they were read long after as_of"
    elif enabled is None:
        why = "AWS Backup did not tell the management account whether copies between accounts are enabled"
    if why and not gaps:
        said = f"The settings of AWS Backup for the organization are not known: {why}."
        gaps = (unknowns.add(management, "", _OPERATION, "NotTold", ORGANIZATION, said),)
    organization_id = row.get("organization_id") or ""
    path = f"{ORGANIZATION}/{organization_id}" if organization_id else ORGANIZATION
    yield Frame(
        subject=ORGANIZATION,
        account_id=management,
        region="",
        arn=texts([f"arn:{evidence.metadata['partition']}:organizations::{management}:{path}"]),
        resource_type=texts([""]),
        name=texts([organization_id]),
        facts={
            _ENABLED: encode([None if gaps else enabled], *([Hole(gaps)] if gaps else [])),
            _TIERS: encode([copying]),
        },
    )

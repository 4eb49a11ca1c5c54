"""What many operations check of a request: the ARNs that it names, and its tags.

Whether what an ARN names exists is seen when a job needs it. What can never be there, as in a Region that
does not exist or in another partition, is refused at once.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from auditor.executor.api.errors import ServiceError, invalid, limit_exceeded
from auditor.executor.regions import regions_of
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError
from auditor.executor.service import BackupService, RoleUse
from auditor.model.arn import Arn
from auditor.model.errors import UsageError

MAX_TAGS: Final = 50
_MAX_KEY: Final = 128
_MAX_VALUE: Final = 256
_SHOWN: Final = 200
_ACCOUNT: Final = re.compile("[0-9]{12}")
#: Names of roles below their paths (API IAM Role), of vaults (API CreateBackupVault), and of keys of KMS.
_ROLE: Final = re.compile(r"role/([\x21-\x7e]+/)?[\w+=,.@-]{1,64}", re.ASCII)
_VAULT: Final = re.compile("backup-vault:[A-Za-z0-9_-]{2,50}")
_KEY: Final = re.compile("key/[A-Za-z0-9-]+")


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse tags that AWS Backup does not take."""
    if len(tags) > MAX_TAGS:
        raise limit_exceeded(f"A resource has at most {MAX_TAGS} tags.")
    for key, value in tags.items():
        if not 1 <= len(key) <= _MAX_KEY or len(value) > _MAX_VALUE:
            raise invalid(f"A tag's key has 1 to {_MAX_KEY} characters and its value at most {_MAX_VALUE}.")
        if key.lower().startswith("aws:"):
            raise invalid("Tag keys that start with aws: are reserved.")


def check_role(scope: AccountRegion, text: str, member: str = "IamRoleArn") -> None:
    """The ARN of an IAM role of the account: nobody else's can be passed to AWS Backup."""
    wrong = invalid(f"{member} must be the ARN of an IAM role.")
    arn = _parsed(text, wrong)
    if (arn.service, arn.region) != ("iam", "") or _ROLE.fullmatch(arn.resource) is None:
        raise wrong
    if (arn.account_id, arn.partition) != (scope.account_id, scope.partition):
        raise _unassumable(text)


def check_assumable(service: BackupService, scope: AccountRegion, role_arn: str) -> None:
    """A selection's role: AWS Backup may assume it (terraform-provider-aws#9297).

    While IAM does not tell, the selection is taken: its jobs ask again.
    """
    check_role(scope, role_arn)
    refused = False
    if service.check_role is not None:
        with suppress(DriverError):
            refused = service.check_role(RoleUse(role_arn, scope.account_id, scope.region, ())) is not None
    if refused:
        raise _unassumable(role_arn)


def _unassumable(role_arn: str) -> ServiceError:
    return invalid(f"IAM Role {role_arn} cannot be assumed by AWS Backup")


def check_vault_arn(scope: AccountRegion, text: str, member: str = "DestinationBackupVaultArn") -> Arn:
    """The ARN of a backup vault of the partition, of any account and Region."""
    wrong = invalid(f"{member} must be the ARN of a backup vault.")
    arn = _parsed(text, wrong)
    if arn.service != "backup" or _VAULT.fullmatch(arn.resource) is None or not arn.region:
        raise wrong
    if _ACCOUNT.fullmatch(arn.account_id) is None:
        raise wrong
    if arn.partition != scope.partition:
        raise invalid(f"{member} must be a backup vault of the partition {scope.partition}.")
    check_region(scope, arn, member)
    return arn


def check_vault_pattern(scope: AccountRegion, text: str) -> None:
    """The ARN of a vault of the partition, which may have wildcards, or *."""
    if text == "*":
        return
    wrong = invalid(f"{text[:_SHOWN]!r} is neither the ARN of a vault nor *.")
    arn = _parsed(text, wrong)
    if arn.service != "backup" or not arn.resource.startswith("backup-vault:"):
        raise wrong
    check_region(scope, arn, text[:_SHOWN])


def check_key(scope: AccountRegion, text: str | None) -> None:
    """A vault's key, by the ARN of a KMS key of its own Region and not by an alias; None for AWS's own."""
    if text is None:
        return
    wrong = invalid("EncryptionKeyArn must be the ARN of a KMS key.")
    arn = _parsed(text, wrong)
    if arn.service != "kms" or _KEY.fullmatch(arn.resource) is None or not _ACCOUNT.fullmatch(arn.account_id):
        raise wrong
    if (arn.partition, arn.region) != (scope.partition, scope.region):
        raise invalid(f"EncryptionKeyArn must be a key of the vault's Region, {scope.region}.")


def check_framework(scope: AccountRegion, text: str) -> None:
    """The ARN of a framework of the partition."""
    wrong = invalid(f"FrameworkArns: {text[:_SHOWN]!r} is not the ARN of a framework.")
    arn = _parsed(text, wrong)
    kind = (arn.partition, arn.service, arn.resource.partition(":")[0])
    if kind != (scope.partition, "backup", "framework") or not arn.region:
        raise wrong
    check_region(scope, arn, "FrameworkArns")


def check_resource(scope: AccountRegion, text: str, refusal: str) -> None:
    """The ARN of a resource, perhaps with wildcards, in a Region that there is; `refusal` for other text."""
    check_region(scope, _parsed(text, invalid(refusal)), text[:_SHOWN])


def _parsed(text: str, wrong: ServiceError) -> Arn:
    try:
        return Arn.parse(text)
    except UsageError:
        raise wrong from None


def check_region(scope: AccountRegion, arn: Arn, member: str) -> None:
    """The partition is that of the scope, and the Region, where there is one, is one of the partition.

    Wildcards may stand in either place; no Region is looked for in a partition that has some.
    """
    if any(sign in arn.partition for sign in "*?"):
        return
    if arn.partition != scope.partition:
        raise invalid(f"{member}: this is the partition {scope.partition}, and not {arn.partition}.")
    if any(sign in arn.region for sign in "*?") or not arn.region:
        return
    if arn.region not in regions_of(arn.partition):
        raise invalid(f"{member}: there is no Region {arn.region} in {arn.partition}.")

"""AWS's own keys for backups, as KMS knows them."""

from auditor.executor.database.keys import ALIAS
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.calls import call
from auditor.executor.seam.driver import Clients, DriverError
from auditor.serving import logs


class OwnKeys:
    """Asks KMS in every account through its own clients."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def __call__(self, scope: AccountRegion) -> str | None:
        """The ARN of the key behind the alias; None where KMS does not know or does not tell it, logged."""
        try:
            client = self._clients("kms", scope.account_id, scope.region)
            return str(call(client, "describe_key", KeyId=ALIAS)["KeyMetadata"]["Arn"])
        except DriverError as error:
            place = {"account_id": scope.account_id, "region": scope.region}
            logs.info("no key of AWS's own", alias=ALIAS, reason=str(error), **place)
            return None

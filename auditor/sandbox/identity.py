"""Who sends a request: the access key of its credential scope, looked up; signatures are not verified."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from auditor.executor.app import ServiceError
from auditor.sandbox import services

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

#: In the header, or in the query of a presigned address.
_SCOPE: Final = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/,\s]+)/([^/,\s]+)/aws4_request")


@dataclass(frozen=True, slots=True)
class CredentialScope:
    """What a SigV4 signature says of a request before anything is verified."""

    access_key: str
    region: str
    service: str


@dataclass(frozen=True, slots=True)
class Principal:
    """The principal behind an access key. `expires` (virtual time, UTC) is None for a user."""

    account_id: str
    arn: str
    expires: datetime | None

    @property
    def role_name(self) -> str:
        """The name of the assumed role, "" for a user."""
        kind, _, rest = self.arn.rpartition(":")[2].partition("/")
        return rest.partition("/")[0] if kind == "assumed-role" else ""


def scope_of(environ: "WSGIEnvironment") -> CredentialScope | None:
    """Read the credential scope; None when the request is not signed with SigV4."""
    signed = environ.get("HTTP_AUTHORIZATION") or unquote(environ.get("QUERY_STRING", ""))
    found = _SCOPE.search(signed)
    return CredentialScope(*found.groups()) if found else None


class Identities:
    """Callers by access key, in one partition."""

    def __init__(self, partition: str) -> None:
        self.partition = partition
        self._callers: dict[str, Principal] = {}

    def caller(self, access_key: str) -> Principal | None:
        """Look `access_key` up; None when no such key was ever given out."""
        known = self._callers.get(access_key)
        if known is None:
            account_id = services.account_of_key(access_key, self.partition)
            if account_id is None:
                return None
            known = self._callers[access_key] = Principal(
                account_id,
                services.arn_of_key(access_key, account_id, self.partition),
                services.expiry_of_key(access_key, account_id, self.partition),
            )
        return known

    def authenticate(self, environ: "WSGIEnvironment") -> tuple[str, str, str, str]:
        """What the executor wants to know of a request: account id, Region, partition, the caller's ARN."""
        scope = scope_of(environ)
        caller = self.caller(scope.access_key) if scope else None
        if scope is None or caller is None:
            message = "The security token included in the request is invalid."
            raise ServiceError("UnrecognizedClientException", message, 403)
        return caller.account_id, scope.region, self.partition, caller.arn

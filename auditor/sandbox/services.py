"""moto as one WSGI application for every service but `backup`, and what must be read from inside it.

moto keeps its state in the process, so a process holds one sandbox, and it reads its switches when it is
imported, so they are set before. Its IAM and STS are read here directly because a key must be known before a
request is let in.
"""

import os
from collections.abc import Collection
from contextlib import redirect_stdout
from datetime import UTC, datetime
from functools import cache
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

#: 1,301 preloaded images and the CORS layer cost seconds and serve nobody here.
SWITCHES: Final = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "MOTO_DISABLE_GLOBAL_CORS": "true"}
os.environ.update(SWITCHES)
os.environ.pop("MOTO_ACCOUNT_ID", None)  # it would put every key into one account

from botocore import useragent  # noqa: E402 -- after the switches
from flask import debughelpers  # noqa: E402 -- likewise
from moto.core import responses, serialize, utils  # noqa: E402 -- likewise
from moto.core.base_backend import BackendDict  # noqa: E402 -- likewise
from moto.core.utils import method_names_from_class  # noqa: E402 -- likewise
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend  # noqa: E402 -- likewise
from moto.iam.models import iam_backends  # noqa: E402 -- likewise
from moto.kms import models as kms  # noqa: E402 -- likewise
from moto.kms.utils import generate_private_key  # noqa: E402 -- likewise
from moto.moto_api._internal import mock_random  # noqa: E402 -- likewise
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402 -- likewise
from moto.organizations.models import organizations_backends  # noqa: E402 -- likewise
from moto.sts.models import sts_backends  # noqa: E402 -- likewise

from auditor.aws.base import read_time  # noqa: E402 -- likewise
from auditor.sandbox import answers, permissions  # noqa: E402, F401 -- they teach moto what AWS does besides

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


_REGIONS: Final = tuple(RegionsAndZonesBackend.regions)

#: What moto works out at every request and what never changes: the methods of its classes …
vars(responses)["method_names_from_class"] = cache(method_names_from_class)
#: … where the models of services lie, …
vars(utils)["create_loader"] = cache(vars(utils)["create_loader"])
#: … what botocore says of the program, letter by letter, …
vars(useragent)["sanitize_user_agent_string_component"] = cache(
    useragent.sanitize_user_agent_string_component
)
#: … a class for each request, by which Flask would explain a missing file, …
vars(debughelpers)["attach_enctype_error_multidict"] = lambda _request: None

_any_time: Any = vars(serialize)["parse_to_aware_datetime"]


def _time(value: Any) -> datetime:
    """A time that moto writes: botocore's reader takes any form, and long."""
    found: datetime = read_time(value) if isinstance(value, str) and value.endswith("Z") else _any_time(value)
    return found


vars(serialize)["parse_to_aware_datetime"] = _time


def _key_pair(key_spec: str) -> Any:
    """A key pair, and none for a symmetric key, for which moto would take a twentieth of a second."""
    return None if key_spec == "SYMMETRIC_DEFAULT" else generate_private_key(key_spec)


vars(kms)["generate_private_key"] = _key_pair


class _Dispatcher(DomainDispatcherApplication):
    """… and which of its services a host name belongs to, for which it lists its own folders."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._backends: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        """The name of moto's service; raises `NotImplementedError` for an address of AWS that it lacks.

        It would print as much on stdout, and fail.
        """
        if host not in self._backends:
            with redirect_stdout(StringIO()):
                self._backends[host] = super().get_backend_for_host(host)
        if self._backends[host] is None and "amazonaws.com" in (host or ""):
            raise NotImplementedError(host)
        return self._backends[host]


def native_services() -> "WSGIApplication":
    """Make moto's application with empty accounts."""
    BackendDict.reset()
    application: WSGIApplication = _Dispatcher()
    return application


def enable_regions(names: Collection[str] = ()) -> None:
    """Let EC2 tell of these Regions alone, in every account: no other is enabled. Without names, of all."""
    RegionsAndZonesBackend.regions = [one for one in _REGIONS if not names or one.name in names]


def seed_identifiers(seed: str) -> None:
    """Make the ids that moto gives from here on depend on `seed` and the order of the calls alone."""
    mock_random.seed(seed)


def add_backup_policies(account_id: str, partition: str) -> list[str]:
    """Give an account AWS's managed policies for the role of backups: their ARNs."""
    return permissions.add_policies(account_id, partition)


def account_of_key(access_key: str, partition: str) -> str | None:
    """The account that `access_key` belongs to, None when nobody was given it."""
    for account_id in list(iam_backends):
        if access_key in iam_backends[account_id][partition].access_keys:
            return str(account_id)
    return None


def arn_of_key(access_key: str, account_id: str, partition: str) -> str:
    """The ARN that GetCallerIdentity answers for `access_key`: of a user, or of a role's session."""
    return str(sts_backends[account_id][partition].get_caller_identity(access_key, partition)[1])


def expiry_of_key(access_key: str, account_id: str, partition: str) -> datetime | None:
    """When the session of `access_key` ends (virtual time, UTC), None for a user's own key."""
    session = sts_backends[account_id][partition].get_assumed_role_from_access_key(access_key)
    return session.expiration.replace(tzinfo=UTC) if session else None


def role_exists(role_arn: str, account_id: str, partition: str) -> bool:
    """Whether the account's IAM has the role; moto's STS does not ask."""
    if account_id not in iam_backends:
        return False
    return any(role.arn == role_arn for role in iam_backends[account_id][partition].get_roles())


def delegated_of(management_account_id: str, partition: str) -> frozenset[str]:
    """The accounts that the organization's management account has delegated AWS Backup to."""
    admins = organizations_backends[management_account_id][partition].admins
    return frozenset(admin.account.id for admin in admins if "backup.amazonaws.com" in admin.services)


def organization_of(account_id: str, management_account_id: str, partition: str) -> str | None:
    """The id of the organization of `management_account_id`, where `account_id` is of it now."""
    backend = organizations_backends[management_account_id][partition]
    if backend.org is None or account_id not in {account.id for account in backend.accounts}:
        return None
    return str(backend.org.id)

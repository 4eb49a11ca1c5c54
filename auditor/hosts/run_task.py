"""What HCP Terraform and Terraform Enterprise ask of a run task: signed by whom, and of which addresses.

Nothing of a request is read before its signature is right, and its token goes to no address but those of the
installations that are named.

Source: developer.hashicorp.com, "Run tasks integration API" (payload version 1); the public scaffolding of
HashiCorp for run tasks (the token of a verification).
"""

import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import urlsplit

from auditor.model.errors import AuditorError, UsageError

#: Bytes of a request: HCP Terraform's have about 2 KB.
MAX_REQUEST: Final = 1 << 16
#: With this token HCP Terraform asks whether the address of a run task answers at all.
_VERIFICATION: Final = "test-token"
_VERSION: Final = 1
_LOOPBACK: Final = ("127.0.0.1", "localhost")
_ORIGIN: Final = re.compile(r"(https?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(:[0-9]{1,5})?/?")
#: An address of the API: no dots, so none that leads upwards, and nothing behind it.
_API: Final = re.compile(r"(https?://[^/\s@\\?#]+)/api/v2/[A-Za-z0-9_/-]+")
_APPLICATION, _ARCHIVE = "https://app.", "https://archivist."


class BadTask(AuditorError):  # noqa: N818 -- what it is
    """A request that is signed and yet none of a run task that can be judged."""


@dataclass(frozen=True, slots=True)
class Installations:
    """The installations that a run task is of, such as https://app.terraform.io."""

    allowed: frozenset[str]

    @classmethod
    def of(cls, addresses: Iterable[str]) -> Self:
        """Take addresses as a user writes them.

        Raises:
            UsageError: one is no https://HOST; http is taken on loopback alone.
        """
        found = set()
        for address in addresses:
            parts = _ORIGIN.fullmatch(address.lower())
            if parts is None or (parts[1] == "http" and parts[2] not in _LOOPBACK):
                raise UsageError(
                    f"{address} is no installation of Terraform; write one such as https://app.terraform.io."
                )
            found.add(f"{parts[1]}://{parts[2]}{parts[3] or ''}")
        return cls(frozenset(found))

    def check(self, address: str) -> None:
        """See that an address is one of the API of an installation. Raises `BadTask`."""
        parts = _API.fullmatch(address)
        if parts is None or parts[1].lower() not in self.allowed:
            raise BadTask(
                f"the request names {_shown(address)}, which is no address of the API of "
                f"{', '.join(sorted(self.allowed))}; name the installation with --terraform-url"
            )

    def holds(self, address: str) -> bool:
        """Whether a plan may lie there: at an installation, or at the archive of HCP Terraform beside it."""
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(address)).lower()
        beside = {one.replace(_APPLICATION, _ARCHIVE, 1) for one in self.allowed}
        return origin in self.allowed | beside


@dataclass(frozen=True, slots=True)
class RunTask:
    """One request. `token` is never shown; `plan` is "" where the stage has none."""

    id: str
    stage: str
    run: str
    workspace: str
    callback: str
    plan: str
    outcomes: bool
    token: str = field(repr=False)


def is_signed(body: bytes, signature: str, key: bytes) -> bool:
    """Whether a signature (64 bytes as hex digits) is that of HMAC-SHA512, told in a constant time."""
    expected = hmac.new(key, body, "sha512").hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))


def read_task(body: bytes, origins: Installations) -> RunTask | None:
    """Read a request whose signature is right; None for one that only asks whether somebody is there.

    Raises:
        BadTask: it is none of a run task, or names an address that is not allowed.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise BadTask("the request is no JSON") from None
    if not isinstance(document, dict) or document.get("payload_version") != _VERSION:
        raise BadTask(f"the request is none of a run task of version {_VERSION}")
    token = _text(document, "access_token")
    if token == _VERIFICATION:
        return None
    able = document.get("capabilities")
    task = RunTask(
        id=_text(document, "task_result_id"),
        stage=_text(document, "stage"),
        run=_text(document, "run_id"),
        workspace=_text(document, "workspace_name"),
        callback=_text(document, "task_result_callback_url"),
        plan=_text(document, "plan_json_api_url") if document.get("plan_json_api_url") else "",
        outcomes=isinstance(able, dict) and able.get("outcomes") is True,
        token=token,
    )
    for address in filter(None, (task.callback, task.plan)):
        origins.check(address)
    return task


def _text(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value.isprintable() or not value:
        raise BadTask(f"the request has no {name}")
    return value


def _shown(address: str) -> str:
    """An address without what may be a secret in it."""
    return re.sub(r"[^\x21-\x7e]", "?", re.split(r"[?#]", address, maxsplit=1)[0])[:100]

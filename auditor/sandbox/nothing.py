"""Lists of what nobody can make in the sandbox, as moto lacks it here: there is none, and the list says so.

Without them an audit of an account whose settings in AWS Backup cannot be read would have gaps that AWS has
not: it asks for every type of resource then.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from auditor.sandbox.inprocess import InProcessResponse

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

#: The list in the answer, by the service's signing name and the operation, or the path that stands for it.
_LISTS: Final[Mapping[tuple[str, str], str]] = {
    ("backup-gateway", "ListVirtualMachines"): "VirtualMachines",
    ("dsql", "/cluster"): "clusters",
    ("redshift-serverless", "ListNamespaces"): "namespaces",
    ("ssm-sap", "/list-databases"): "Databases",
    ("storagegateway", "ListVolumes"): "VolumeInfos",
    ("timestream", "ListDatabases"): "Databases",
}


def none_of(service: str, environ: "WSGIEnvironment") -> InProcessResponse | None:
    """The empty list that a request asks for; None where it asks for something else."""
    operation = str(environ.get("HTTP_X_AMZ_TARGET", "")).rpartition(".")[2] or environ.get("PATH_INFO", "")
    member = _LISTS.get((service, operation))
    if member is None:
        return None
    body = json.dumps({member: []}).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    return InProcessResponse("200 OK", headers, body)

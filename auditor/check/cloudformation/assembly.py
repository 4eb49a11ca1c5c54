"""The cloud assembly that CDK synthesises: in which account and Region each of its templates is deployed.

Source: CDK API reference, `cloud-assembly-schema`, AssemblyManifest and ArtifactManifest: `environment` is
aws://ACCOUNT/REGION, where a part that is not known is `unknown-account` or `unknown-region`.
"""

import re
from collections.abc import Iterator, Mapping
from posixpath import dirname, join, normpath
from typing import Any, Final

from auditor.check.shapes import as_object

Json = Any

_STACK: Final = "aws:cloudformation:stack"
_ENVIRONMENT: Final = re.compile(
    r"aws://(?:(?P<account>[0-9]{12})|unknown-account)"
    r"/(?:(?P<region>[a-z]{2,}(?:-[a-z]+)+-[0-9]+)|unknown-region)"
)
#: The account and the Region, "" for what is not known.
Environment = tuple[str, str]


def is_assembly(document: Json) -> bool:
    """Whether a document is the manifest of a cloud assembly."""
    return isinstance(document, Mapping) and "artifacts" in document and "version" in document


def environments(manifests: Mapping[str, Json]) -> dict[str, list[Environment]]:
    """By its name, where each template is deployed, each place once; `manifests` have their files' names."""
    found: dict[str, dict[Environment, None]] = {}
    for name, document in manifests.items():
        for template, environment in _stacks(document):
            found.setdefault(normpath(join(dirname(name), template)), {})[environment] = None
    return {template: [*places] for template, places in found.items()}


def _stacks(document: Json) -> Iterator[tuple[str, Environment]]:
    for artifact in map(as_object, as_object(as_object(document).get("artifacts")).values()):
        template = as_object(artifact.get("properties")).get("templateFile")
        told = _ENVIRONMENT.fullmatch(str(artifact.get("environment")))
        if artifact.get("type") == _STACK and isinstance(template, str) and told:
            yield template, (told["account"] or "", told["region"] or "")

"""By what the sample organization is pushed to and judged: files beside its `organization.yaml`.

In all of them but `tiers.yaml` is filled in what differs from partition to partition:

    ${partition} ${primary} ${secondary}   the partition and its two Regions
    ${account:NAME}                        id of the account of that name

`tiers.yaml` stands in place of the shipped one, and what `parameters.yaml` names in place of the same in the
shipped one.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from auditor.catalogue.layers import HOLDS
from auditor.catalogue.load import policies_folder
from auditor.model.errors import UsageError
from auditor.sandbox.events import fill
from auditor.sandbox.organization import sample_folder
from auditor.yaml_files.document import parse, read_document

_POLICIES: Final = "policies"
_BESIDE: Final = ("waivers", "attestations")


def write_settings(folder: Path, told: Mapping[str, Any]) -> dict[str, Any]:
    """Write policies, waivers and attestations into `folder`, and give the settings that name them, as paths.

    `told` is what a sandbox tells of itself (`Sandbox.describe`).
    """
    paths = {_POLICIES: folder / _POLICIES}
    _write_policies(paths[_POLICIES], told)
    for name in _BESIDE:
        paths[name] = folder / f"{name}.yaml"
        paths[name].write_text(filled(name, told), encoding="utf-8")
    return paths


def _write_policies(folder: Path, told: Mapping[str, Any]) -> None:
    """The shipped policies with the tiers, parameters and legal holds of the sample."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(policies_folder(), folder)
    shutil.copyfile(sample_folder() / "tiers.yaml", folder / "tiers.yaml")
    (folder / HOLDS).write_text(filled("holds", told), encoding="utf-8")
    own = parse(filled("parameters", told), "parameters.yaml").value
    file = folder / "parameters.yaml"
    shipped = read_document(file).value
    file.write_text(yaml.safe_dump(_merged(shipped, own), sort_keys=False), encoding="utf-8")


def filled(name: str, told: Mapping[str, Any]) -> str:
    """The text of a file of the sample with what `told` says filled in."""
    plain = {
        "partition": told["partition"],
        **dict(zip(("primary", "secondary"), told["regions"], strict=True)),
    }

    def value(word: str, rest: str) -> str:
        found = told["accounts"].get(rest) if word == "account" else plain.get(word)
        if found is None:
            raise UsageError(f"{name}.yaml: ${{{word}:{rest}}} is not a name of the sample organization.")
        return str(found)

    text = (sample_folder() / f"{name}.yaml").read_text(encoding="utf-8")
    return str(fill(text, value))


def _merged(shipped: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`shipped` with each value that `own` names in its place; mappings are merged."""
    return {
        **shipped,
        **{
            key: _merged(shipped[key], value) if isinstance(value, Mapping) and key in shipped else value
            for key, value in own.items()
        },
    }

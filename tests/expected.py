"""The table of what an audit of the sample organization finds: examples/organization/expected.yaml."""

from collections.abc import Iterator
from typing import Any

import yaml

from auditor.catalogue.frameworks import for_framework
from auditor.catalogue.load import Catalogue
from auditor.evaluate.accounts import Asked
from auditor.model.holds import Matter
from auditor.sandbox.organization import sample_folder
from auditor.sandbox.settings import filled

#: Waivers and attestations lie in no account, and the organization is one subject.
_NOT_IN_PLACES = {"waiver", "attestation", "organization"}
_EVERY = "every"


def expected_rows(partition: str = "aws") -> list[dict[str, Any]]:
    """Its rows of a partition.

    A row of `every` control, `every of` some subjects, or `but` some, is one for each asked.
    """
    text = (sample_folder() / "expected.yaml").read_text(encoding="utf-8")
    catalogue = for_framework(Catalogue.load(), None)
    every = yaml.safe_load(text)
    rows = [one for one in every if partition in one.pop("partitions", [partition])]
    return [{**row, "control": id_} for row in rows for id_ in _meant(row["control"], catalogue)]


def _meant(control: str, catalogue: Catalogue) -> Iterator[str]:
    chosen, _, others = control.partition(" but ")
    every, _, subjects = chosen.partition(" of ")
    if every != _EVERY:
        yield control
        return
    told = {"partition": "aws", "regions": ("", ""), "accounts": {}}
    by_sample = Asked.of(yaml.safe_load(filled("parameters", told)), (Matter("", "", (), (), ""),))
    asked = [one for one in catalogue.controls if "audit" in one.moments and by_sample.asks(one)]
    wanted = subjects.split(", ") if subjects else {one.subject for one in asked} - _NOT_IN_PLACES
    yield from (one.id for one in asked if one.subject in wanted and one.id not in others.split(", "))

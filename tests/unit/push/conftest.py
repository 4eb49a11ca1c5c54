"""The shipped policies and what they are asked about."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from auditor.catalogue.load import Catalogue
from auditor.model.organization import Account
from auditor.push.desired import Desired, Desires
from auditor.rego.load import open_engine

Ask = Callable[..., Desired]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """Load the shipped policies."""
    return Catalogue.load()


@pytest.fixture(scope="session")
def ask(catalogue: Catalogue) -> Ask:
    """Compute desired states: call it with an account and what differs from the shipped policies."""
    modules = {path: text for path, text in catalogue.modules.items() if path.startswith("organization/")}

    def asked(
        account: Account,
        tiers: Mapping[str, Any] | None = None,
        organization: Mapping[str, Any] | None = None,
        regions: tuple[str, ...] = ("eu-central-1", "eu-west-1"),
    ) -> Desired:
        parameters = catalogue.data["parameters"]
        data = {
            "tiers": tiers or catalogue.data["tiers"],
            "parameters": {
                **parameters,
                "organization": {**parameters["organization"], **(organization or {})},
            },
        }
        engine = open_engine("embedded", modules, data)
        try:
            return Desires(engine, catalogue.schemas).of(account, regions[0], regions)
        finally:
            engine.close()

    return asked

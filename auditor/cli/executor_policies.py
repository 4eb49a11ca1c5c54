"""The scenario of a push: the vaults, plans and selections that the policies demand in each place."""

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from auditor.model.errors import UsageError
from auditor.model.settings import Settings

if TYPE_CHECKING:
    from auditor.executor.simulation.scenario import Scenario


def pushed(settings: Settings, scenario: "Scenario") -> "Scenario":
    """Give `scenario` what `auditor push` would give its accounts and Regions.

    Raises:
        UsageError: nothing may be pushed, with the policies' own sentence.
    """
    from auditor.catalogue.load import Catalogue
    from auditor.executor.simulation.scenario import GivenVault, Plan
    from auditor.model.organization import Account
    from auditor.push.desired import Desires
    from auditor.rego.load import open_engine

    catalogue = Catalogue.load(settings.policies, settings.tiers)
    plans, vaults = [], []
    with closing(
        open_engine(settings.engine, catalogue.modules, catalogue.data, url=settings.engine_url)
    ) as engine:
        desires = Desires(engine, catalogue.schemas)
        for account_id, region in scenario.places():
            account = Account(account_id, account_id, scenario.partition, tuple(scenario.ou_path))
            desired = desires.of(account, region, scenario.regions)
            if desired.problems:
                raise UsageError(f"Nothing may be pushed to {account_id} in {region}: {desired.problems[0]}")
            for plan in desired.plans:
                chosen = [row["document"] for row in desired.selections if row["plan"] == plan["name"]]
                plans.append(Plan(plan["document"], chosen, (account_id, region)))
            vaults += [GivenVault.of(row["name"], row["lock"], account_id, region) for row in desired.vaults]
    return replace(scenario, plans=plans, vaults=vaults)

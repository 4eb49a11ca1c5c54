"""The vaults of a plan of Terraform, with their locks."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from auditor.check.declared import Declaration, DeclaredVault, Place
from auditor.check.locks import declared_lock
from auditor.check.terraform.configuration import expressions
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.references import said
from auditor.check.terraform.stand_ins import vault_arn
from auditor.check.terraform.subjects import TerraformSubjects
from auditor.check.terraform.types import AIR_GAPPED
from auditor.model.documents import UnreadableDocument, whole
from auditor.model.vaults import VaultLock

Json = Any


class TerraformVaults:
    """Those of one plan; `missing` says why something may be missing from it, "" when nothing is."""

    def __init__(self, read: TerraformSubjects, missing: str) -> None:
        self._read, self._missing = read, missing

    def vault(self, instance: Instance) -> DeclaredVault:
        """A vault; of one that is air-gapped with its lock."""
        place, name = self._read.located.of(instance), self._read.stand_ins.vault_name(instance)
        gapped = instance.type == AIR_GAPPED
        lock, fault = VaultLock(locked=False), ""
        if gapped:
            lock, fault = self._lock(instance, air_gapped=True)
        where = Declaration(self._read.file, instance.address)
        return DeclaredVault(place, vault_arn(place, name), name, lock, where, fault=fault)

    def _lock(self, instance: Instance, *, air_gapped: bool = False) -> tuple[VaultLock, str]:
        keys = ("min_retention_days", "max_retention_days", "changeable_for_days")
        days: dict[str, int | None] = {}
        for key in keys:
            value = self._read.references.value(instance, key, "")
            if value is UNKNOWN:
                expression = expressions(self._read.configuration.resource(instance)).get(key)
                return VaultLock(locked=True), f"{key} is known only after the apply ({said(expression)})"
            try:
                days[key] = whole(value, key) or None
            except UnreadableDocument as error:
                return VaultLock(locked=True), str(error)
        least, most, grace = (days[key] for key in keys)
        try:
            return declared_lock(least, most, changeable_for_days=grace, air_gapped=air_gapped), ""
        except UnreadableDocument as error:
            return VaultLock(locked=True), str(error)

    def locked(self, vaults: list[DeclaredVault], locks: Iterable[Instance]) -> list[DeclaredVault]:
        """The vaults with the locks that the plan puts on them; a lock on another vault makes one."""
        by_arn = {vault.arn: vault for vault in vaults}
        open_: dict[Place, str] = {}
        for instance in locks:
            place = self._read.located.of(instance)
            name = self._read.references.value(instance, "backup_vault_name", "name")
            if not isinstance(name, str):
                expression = expressions(self._read.configuration.resource(instance)).get("backup_vault_name")
                open_[place] = (
                    f"the vault of {instance.address} is known only after the apply ({said(expression)})"
                )
                continue
            arn = vault_arn(place, name)
            lock, fault = self._lock(instance)
            held = by_arn.get(arn)
            declaration = Declaration(self._read.file, instance.address) if held is None else held.declaration
            prior = self._read.priors.of(instance)
            if held is None:  # a vault that is there, whatever becomes of its lock
                prior = replace(prior, key=arn)
            elif held.prior is not None:
                prior = replace(held.prior, changes=held.prior.changes or prior.changes)
            by_arn[arn] = DeclaredVault(place, arn, name, lock, declaration, fault, prior)
        return [vault if vault.lock.locked else self._unlocked(vault, open_) for vault in by_arn.values()]

    def _unlocked(self, vault: DeclaredVault, open_: Mapping[Place, str]) -> DeclaredVault:
        """A vault without a lock, and why one of those whose vault is not known may be its."""
        fault, prior = open_.get(vault.place, ""), vault.prior
        if fault and prior is not None:
            prior = replace(prior, changes=True)
        return replace(vault, fault=fault or self._missing, prior=prior)

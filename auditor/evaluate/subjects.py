"""The subjects of a run, frame by frame: an account and Region at a time, with the organization's sums."""

from collections import ChainMap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property, partial
from typing import Any

from auditor.catalogue.load import Catalogue
from auditor.derive.organization_conditions import Members
from auditor.derive.selection import SelectionSettings
from auditor.evaluate.accounts import NOTHING, Asked, account_frames
from auditor.evaluate.departed import Departed
from auditor.evaluate.earlier_runs import RUN, names_runs, run_frame
from auditor.evaluate.facts import Frame
from auditor.evaluate.gaps import HISTORY_LIMIT, GapIndex, Unknowns
from auditor.evaluate.guard_rails import ControlPolicies
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.keys import key_frame
from auditor.evaluate.members import members_of
from auditor.evaluate.needs import documents_of, undemanded
from auditor.evaluate.organization import OrganizationSums, summarise
from auditor.evaluate.organization_settings import organization_frames
from auditor.evaluate.plans import plan_frame
from auditor.evaluate.readings import selection_settings
from auditor.evaluate.recovery_points import recovery_point_frame
from auditor.evaluate.resources import resource_frame
from auditor.evaluate.scope import ScopeFacts
from auditor.evaluate.success import AcceptedCompletion, accepted_completions
from auditor.evaluate.times import Period, epoch_ms, parse
from auditor.evaluate.unlisted import unlisted
from auditor.evaluate.unread import unasked, unread_accounts, unread_places
from auditor.evaluate.vault_policies import vault_policy_frame
from auditor.evaluate.vaults import vault_frame
from auditor.evaluate.whereabouts import leaves_accounts_out
from auditor.evidence.store import Evidence
from auditor.evidence.table_schemas import EVERYTHING
from auditor.model.audit_manager import EVERY_CONTROL, AskedFramework
from auditor.model.organization import Account
from auditor.model.plans import CopyLifecycle
from auditor.model.policy import Control, Tiers
from auditor.model.settings import DeletedResources, Settings
from auditor.model.verdicts import Gap


class Subjects:
    """Everything that a run can be asked about. `period` ends at the evidence's `as_of`.

    `gaps` are those of the evidence, the places that nobody looked at, and, as the frames are made, what the
    evidence leaves undecided; `known` are those that hold whatever is judged; `unread` those without which it
    is not known which subjects there are.

    Where the evidence is looked at as if something were otherwise, `inventory_of` makes the inventory of each
    account and Region, and `more` are gaps beside the recorded ones. `asked` is what an audit for AWS Backup
    Audit Manager asks.
    """

    def __init__(
        self,
        evidence: Evidence,
        tiers: Tiers,
        selection: SelectionSettings,
        accepted: Sequence[AcceptedCompletion] = (),
        deleted_resources: DeletedResources = "judge",
        copy_lifecycle: CopyLifecycle = "inherit",
        inventory_of: Callable[[Evidence, ScopeFacts], Inventory] = Inventory,
        more: Sequence[Gap] = (),
        *,
        of_accounts: Asked = NOTHING,
        asked: AskedFramework = EVERY_CONTROL,
    ) -> None:
        self.evidence, self.tiers, self.accepted = evidence, tiers, tuple(accepted)
        self.as_of = parse(evidence.metadata["as_of"])
        self.period = Period.of(parse(evidence.metadata["period_start"]), self.as_of)
        self._readable = readable = EVERYTHING - (undemanded(tiers, of_accounts) - asked.tables)
        recorded = [*_recorded(evidence, readable), *more]
        self.accounts, read = _accounts(evidence, recorded), evidence.partitions()
        untouched = unread_accounts(self.accounts.values(), read, GapIndex(tuple(recorded)))
        tables = evidence.metadata.get("tables", EVERYTHING)
        left_out = unasked(self.accounts, readable.difference(tables, documents_of(tables)))
        self.unread = GapIndex((*recorded, *untouched, *left_out))
        self._unknowns, self._of_accounts, roles = Unknowns(), of_accounts, of_accounts.roles_of(evidence)
        self.inventories: Sequence[Inventory] = [
            inventory_of(
                evidence,
                ScopeFacts(
                    self.accounts[account_id],
                    region,
                    tiers,
                    self.unread,
                    selection,
                    self.as_of,
                    max(epoch_ms(parse(evidence.metadata["collected_at"])), self.period.end_ms),
                    self.accepted,
                    self._unknowns,
                    copy_lifecycle,
                    matters=of_accounts.matters,
                    guardians=of_accounts.destroyers.guardians,
                    role_trusts=roles,
                ),
            )
            for account_id, region in read
        ]
        self.unread = GapIndex((*self.unread.gaps, *unlisted(self.inventories)))
        outside = unread_places(self.inventories, read, self.unread)
        self._known = known = GapIndex((*self.unread.gaps, *outside))
        for inventory in self.inventories:
            inventory.scope = self._of_run(inventory.scope, asked)
        # what jobs no longer listed hide is a gap where a verdict rests on it
        self.known = tuple(gap for gap in known.gaps if gap.error != HISTORY_LIMIT)
        self.gaps: Mapping[str, Gap] = ChainMap({gap.gap_id: gap for gap in known.gaps}, self._unknowns.found)
        gone = self.inventories if deleted_resources != "ignore" else ()
        self.deleted: Sequence[Departed] = [Departed(inventory, self.period) for inventory in gone]
        judged = self.deleted if deleted_resources == "judge" else ()
        self._judged = {id(one.living): one for one in judged if one.size}
        self.whole: OrganizationSums = summarise(self.inventories, judged)
        self.whole.listed.update(zip(read, (one.listed for one in self.inventories), strict=True))

    @classmethod
    def judged_by(
        cls, evidence: Evidence, catalogue: Catalogue, settings: Settings, **otherwise: Any
    ) -> "Subjects":
        """Everything that evidence can be asked about by the policies and readings of a run.

        `otherwise` are `inventory_of` and `more`.
        """
        return cls(
            evidence,
            catalogue.tiers,
            selection_settings(settings),
            accepted_completions(catalogue.data["parameters"]),
            settings.deleted_resources,
            settings.copy_lifecycle,
            of_accounts=Asked.of(catalogue.data["parameters"], catalogue.matters),
            asked=catalogue.asked,
            **otherwise,
        )

    def frames(self) -> Iterator[Frame]:
        """Every subject: of each place its resources, plans and so on, then accounts, organization, runs."""
        for inventory in self.inventories:
            yield from self.frames_of(inventory)
        yield from self.account_frames()
        yield from self.run_frames()

    def asked(self, controls: Iterable[Control]) -> list[Control]:
        """Those of `controls` that have subjects: some only where a parameter or a register asks for them."""
        named = names_runs(self.evidence)
        return [one for one in controls if self._of_accounts.asks(one) or (named and one.subject == RUN)]

    def account_frames(self) -> Iterator[Frame]:
        """The accounts and the organization, where all of it is audited and something is asked of them."""
        known, unknowns = self._known, self._unknowns
        yield from account_frames(
            self.evidence,
            self.accounts,
            self._policies,
            known,
            unknowns,
            self._of_accounts,
            self._members,
            self._readable,
        )
        yield from organization_frames(self.evidence, self.tiers, known, unknowns)

    def _of_run(self, scope: ScopeFacts, asked: AskedFramework) -> ScopeFacts:
        """A place with what is known of the run, and asked of it, as a whole."""
        members, leaves_out = self._members, self._leaves_out
        return replace(scope, gaps=self._known, asked=asked, members=members, leaves_accounts_out=leaves_out)

    @cached_property
    def _leaves_out(self) -> Callable[[], bool]:
        return cache(partial(leaves_accounts_out, self.evidence))

    @cached_property
    def _members(self) -> Members:
        return members_of(self.evidence, self.accounts, self._known)

    @cached_property
    def _policies(self) -> ControlPolicies:
        return ControlPolicies.of(self.evidence)

    def run_frames(self) -> Iterator[Frame]:
        """The run and those before it, where it names any or a parameter asks for them."""
        asked, about = self._of_accounts.earlier_runs, self.evidence.metadata
        caller = (about.get("provenance") or {}).get("caller", {}).get("account_id")
        known = (about.get("management_account_id"), caller, *sorted(self.accounts))
        account = next((one for one in known if one in self.accounts), None)
        if account is not None and (asked[1] or names_runs(self.evidence)):
            yield run_frame(self.evidence, account, self._unknowns, asked)

    def frames_of(self, inventory: Inventory) -> Iterator[Frame]:
        """The subjects of one account and Region."""
        yield resource_frame(inventory, self.whole, self.period)
        if id(inventory) in self._judged:
            yield resource_frame(self._judged[id(inventory)], self.whole, self.period, deleted=True)
        yield plan_frame(inventory, self.whole, self.as_of)
        yield vault_frame(inventory, self.whole, self.as_of)
        yield vault_policy_frame(inventory)
        yield key_frame(inventory, self._policies)
        yield recovery_point_frame(inventory, self.whole)


def _recorded(evidence: Evidence, readable: Collection[str]) -> Iterator[Gap]:
    """The recorded gaps that leave any of `readable` unknown."""
    for row in evidence.read("gaps").to_pylist():
        if not {*row["provides"]}.isdisjoint(readable):
            yield Gap(**{**row, "provides": tuple(row["provides"])})


def _accounts(evidence: Evidence, recorded: Sequence[Gap]) -> Mapping[str, Account]:
    """The accounts of the run by id; that of a gap may lie where no account could be listed."""
    return {
        gap.account_id: Account(gap.account_id, "", evidence.metadata["partition"], None, "")
        for gap in recorded
    } | {
        row["account_id"]: Account(
            row["account_id"],
            row["name"] or "",
            row["partition"],
            None if row["ou_path"] is None else tuple(row["ou_path"]),
            row["status"] or "",
            None if row["parents"] is None else tuple(row["parents"]),
            row["alone"] is True,
        )
        for row in evidence.read("accounts").to_pylist()
    }

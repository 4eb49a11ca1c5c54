"""The tree of an organization, put together of what all inputs declare: a file of it, plans, templates.

What is the same in two of them: aws-backup.md 3.5.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from auditor.check.declared import Assumed, Declaration
from auditor.check.declared_policies import THE_ROOT, DeclaredNode, DeclaredTarget
from auditor.check.organizations.tree import KIND, MOST_UNITS, shown_at
from auditor.check.reading import Reading
from auditor.model.errors import AuditorError

_ROOT_ID: Final = re.compile(r"r-[0-9a-z]{4,32}")
_UNIT_ID: Final = re.compile(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")
_ACCOUNT_ID: Final = re.compile(r"[0-9]{12}")
_SAY_TREE: Final = "name the tree of the organization"


@dataclass(slots=True)
class OrganizationTree:
    """The accounts of an organization, and what lies on the way to each.

    What comes of it is added to `reading`; a file tells it `whole`, or plans and templates tell a part of it.
    `ways` are the targets from the root to each account, and `names` is how it is named. Where it is not
    known what lies above, `cut` names the topmost target that is known, the account is one that is made up,
    and `open` says of the real one why it is not known what it gets. `units` are the names of the units on
    the ways that are known, `later` says of accounts why they may lie in anything, and `made_up` are those
    whose id is not known. `ids` gives for the id of a
    root, unit or account the one that stands in `ways`, and `loose` are those of units of which it is not
    known whether a tree that is told whole has them under another name.
    """

    reading: Reading
    whole: bool
    ids: dict[str, str] = field(default_factory=dict)
    ways: dict[str, tuple[DeclaredTarget, ...]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()
    cut: dict[str, str] = field(default_factory=dict)
    later: dict[str, str] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)
    units: dict[str, tuple[str, ...]] = field(default_factory=dict)
    made_up: set[str] = field(default_factory=set)

    @property
    def shown(self) -> str:
        """How a sentence names it."""
        return self.reading.file if self.whole else "the inputs"


def organization_tree(
    readings: Sequence[Reading], targets: Collection[str], assumed: Assumed
) -> OrganizationTree | None:
    """The tree that the readings tell, None where they tell none; `targets` is what policies are attached to.

    `assumed` has the number of the first account that is made up for one that has no id yet.

    Raises:
        AuditorError: there are two trees, two inputs contradict each other, or there is no account.
    """
    files = [one for one in readings if one.kind == KIND]
    if len(files) > 1:
        named = " and ".join(tree.file for tree in files[:2])
        raise AuditorError(f"{named} are trees of an organization each; name one of them.")
    others = [one for one in readings if one.nodes and one.kind != KIND]
    if not files and not others:
        return None
    builder = _Builder(OrganizationTree((files or others)[0], bool(files)), assumed)
    for node in files[0].nodes if files else ():
        builder.add(node)
    for node in _parents_first([node for one in others for node in one.nodes]):
        builder.add(node)
    return builder.tree(targets)


@dataclass(slots=True)
class _Held:
    """A node as it is known by now; its `parent` is one of those that are held.

    It is `shared` where several inputs declare it.
    """

    node: DeclaredNode
    parent: str
    address: str
    shared: bool = False


class _Builder:
    def __init__(self, tree: OrganizationTree, assumed: Assumed) -> None:
        self._tree, self._assumed = tree, assumed
        self._held: dict[str, _Held] = {}
        self._named: dict[tuple[str, str], str] = {}
        self._roots: dict[bool, DeclaredNode] = {}

    def add(self, node: DeclaredNode) -> None:
        """One more node; what it lies in is there already, if any input declares it."""
        if node.kind == "root":
            self._add_root(node)
            return
        parent = self._key(node.parent, node.declaration) if node.parent else ""
        held = self._held.get(self._same(node, parent))
        if held is None:
            held = self._held[node.node_id] = _Held(node, parent, _address(node))
            self._tree.ids[node.node_id] = node.node_id
        else:
            self._agree(held, node, parent)
        if node.kind == "unit" and parent and node.name:
            self._named.setdefault((parent, node.name), held.node.node_id)

    def _add_root(self, node: DeclaredNode) -> None:
        # of a file without its id, or only known to be one, any root is that one
        unnamed = node.node_id == THE_ROOT or (bool(node.path) and not node.identified)
        first = node if unnamed else self._roots.setdefault(node.identified, node)
        if first.node_id != node.node_id:
            raise AuditorError(
                f"{_where(first)} and {_where(node)} are of two organizations; check one at a time."
            )
        self._held.setdefault(THE_ROOT, _Held(replace(node, node_id=THE_ROOT), "", _address(node)))
        self._tree.ids[node.node_id] = THE_ROOT

    def _key(self, node_id: str, declaration: Declaration) -> str:
        """What stands for an id; of a root or unit that no input declares nothing else is known."""
        if node_id not in self._tree.ids:
            where = Declaration(declaration.file, node_id)
            root = DeclaredNode("root", node_id, "", where)
            unit = replace(root, kind="unit", fault=f"no input says in what {node_id} lies")
            self.add(root if node_id == THE_ROOT or _ROOT_ID.fullmatch(node_id) else unit)
        return self._tree.ids[node_id]

    def _same(self, node: DeclaredNode, parent: str) -> str:
        """What stands for a node that is there already: of its id, or a unit of its name beside it."""
        known = self._tree.ids.get(node.node_id, "")
        if known or node.kind != "unit" or not parent or not node.name:
            return known
        key = self._named.get((parent, node.name), "")
        if key and node.identified and self._held[key].node.identified:
            raise self._contradiction(self._held[key].node, node, key, node.node_id)
        return key

    def _agree(self, held: _Held, node: DeclaredNode, parent: str) -> None:
        """Take over what another input says of what is held."""
        if held.parent and parent and held.parent != parent:
            lies, there = (f"in {self._held[key].address}" for key in (held.parent, parent))
            raise self._contradiction(held.node, node, lies, there)
        if node.kind == "unit" and node.name and held.node.name and node.name != held.node.name:
            raise self._contradiction(held.node, node, held.node.name, node.name)
        held.parent, held.address, held.shared = held.parent or parent, _address(node), True
        identified = held.node.identified or node.identified
        name, fault = held.node.name or node.name, held.node.fault and node.fault
        later = held.node.later and node.later
        held.node = replace(held.node, identified=identified, name=name, fault=fault, later=later)
        self._tree.ids[node.node_id] = held.node.node_id

    @staticmethod
    def _contradiction(one: DeclaredNode, other: DeclaredNode, here: str, there: str) -> AuditorError:
        what = "account" if one.kind == "account" else "organizational unit"
        return AuditorError(
            f"{_where(one)}: the {what} is {here} there and {there} by {_where(other)}; let both say what is "
            "so after the change."
        )

    def tree(self, targets: Collection[str]) -> OrganizationTree:
        """The tree, with the accounts that are only known by what is attached where."""
        tree = self._tree
        if tree.whole and not any(one.node.kind == "account" for one in self._held.values()):
            at = shown_at(tree.reading.nodes[0].declaration)
            raise AuditorError(f"{at}: there is no account in the tree; write each where it is.")
        self._attached_to(targets)
        tree.loose = frozenset(one for one, key in tree.ids.items() if self._is_loose(key))
        for key, held in [*self._held.items()]:
            if held.node.kind == "account":
                self._add_account(held.address, self._way(key), named=held.node)
        if not tree.whole:
            reached = {target.target_id for way in tree.ways.values() for target in way}
            for key in dict.fromkeys(tree.ids[one] for one in targets if one in tree.ids):
                if key not in reached:
                    self._add_account(f"any account of {self._held[key].address}", self._way(key))
        return tree

    def _attached_to(self, targets: Iterable[str]) -> None:
        """What policies are attached to by an id of AWS, and no input declares."""
        for target in targets:
            where = Declaration(self._tree.reading.file, target)
            if target in self._tree.ids:
                continue
            if _ROOT_ID.fullmatch(target) and not (self._tree.whole and True in self._roots):
                self._key(target, where)
            elif self._tree.whole:
                continue
            elif _ACCOUNT_ID.fullmatch(target):
                fault = f"no input says in what {target} lies"
                self.add(DeclaredNode("account", target, "", where, fault=fault))
            elif _UNIT_ID.fullmatch(target):
                self._key(target, where)

    def _is_loose(self, key: str) -> bool:
        """Whether a unit lies in something that no input declares, so that it may be one without an id."""
        unit = self._held[key].node.kind == "unit"
        return self._tree.whole and unit and self._way(key)[0].node.kind != "root"

    def _way(self, key: str) -> list[_Held]:
        way: list[_Held] = []
        while key:
            way.append(self._held[key])
            _check_depth([one.node for one in way])
            key = self._held[key].parent
        return way[::-1]

    def _add_account(self, name: str, way: Sequence[_Held], *, named: DeclaredNode | None = None) -> None:
        """An account at the end of a way: of an id, or one for which a number is made up."""
        tree, top = self._tree, way[0].node
        known = named.node_id if named and _ACCOUNT_ID.fullmatch(named.node_id) else ""
        account = known if known and top.kind == "root" else self._own_number()
        tree.ways[account] = tuple(map(self._target, way))
        tree.names[account] = name
        if top.kind != "root":
            tree.cut[account] = way[0].address
        if top.kind != "root" and top.later:
            tree.later[account] = top.fault
        if top.kind != "root" and known:
            tree.open[known] = f"{top.fault}, so it is not known what it gets from above; {_SAY_TREE}"
        units = [one.node.name for one in way if one.node.kind == "unit"]
        if top.kind == "root" and all(units):
            tree.units[account] = tuple(units)

    def _own_number(self) -> str:
        number = self._assumed.number + len(self._tree.made_up)
        try:
            account, _ = replace(self._assumed, number=number).own_place(0)
        except AuditorError:
            known = len(self._tree.made_up)
            raise AuditorError(
                f"{self._tree.reading.file}: of more than {known:,} accounts the id, or what they lie in, is "
                f"not known; {_SAY_TREE} too, or check fewer at a time."
            ) from None
        self._tree.made_up.add(account)
        return account

    def _target(self, held: _Held) -> DeclaredTarget:
        """A part of a way; its id is "" of a unit that only a file declares, and without one."""
        node = held.node
        unnamed = self._tree.whole and node.kind == "unit" and not (node.identified or held.shared)
        name = node.name if node.kind == "unit" else ""
        return DeclaredTarget("" if unnamed else node.node_id, node.path, node.policies, name)


def _parents_first(nodes: Sequence[DeclaredNode]) -> list[DeclaredNode]:
    held: Mapping[str, DeclaredNode] = {node.node_id: node for node in reversed(nodes)}

    def depth(node: DeclaredNode) -> int:
        way = [node]
        while way[-1].parent in held:
            way.append(held[way[-1].parent])
            _check_depth(way)
        return len(way)

    return sorted(nodes, key=depth)


def _check_depth(way: Sequence[DeclaredNode]) -> None:
    """Refuse units that lie deeper in each other than AWS lets them, or around each other."""
    if sum(node.kind == "unit" for node in way) > MOST_UNITS or len(way) > MOST_UNITS + 2:
        raise AuditorError(
            f"{_where(way[0])}: units lie more than {MOST_UNITS} deep in each other; put it into a unit "
            "further up."
        )


def _address(node: DeclaredNode) -> str:
    """How a sentence names it: its address in a plan or template, the id or name of a file."""
    if node.path:
        return node.name or ("the root" if node.kind == "root" else node.node_id)
    return node.declaration.address


def _where(node: DeclaredNode) -> str:
    """Where it is declared."""
    if node.path:
        return f"{shown_at(node.declaration)} ({_address(node)})"
    return f"{node.declaration.address} ({node.declaration.file})"

"""What an input declares, whatever its format: the nouns that the evaluation reads, and where each stands.

Every reader of a format makes a `Reading`. What an input does not know is not left out: a plan or selection
has a `fault`, a resource has `unknown_tags`, a vault has a `fault`, each a clause that names the expression.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from auditor.check.key_managers import SourceKey
from auditor.check.patterns import Pieces, pieces_of
from auditor.check.protections import OwnProtection
from auditor.check.stacks import StackParameters, Stacks
from auditor.model.errors import AuditorError
from auditor.model.plans import BackupPlan, CopyLifecycle, Selection
from auditor.model.vaults import VaultLock

if TYPE_CHECKING:
    from auditor.yaml_files.document import Document

#: What stands where no input names an account or a Region; it matches no ARN of a real one.
NO_ACCOUNT: Final = "000000000000"
NO_REGION: Final = "unknown-region-0"
#: How they begin, and those of an input that has several of its own.
_PLACEHOLDERS: Final = ("00000", "unknown-region-")
_MOST_OWN: Final = 1_000
#: What may protect a resource that no input declares, in `elsewhere`: EFS makes backups of its own.
#: Source: EFS user guide, "Backing up file systems".
OWN_PLAN: Final = "by a plan of its own, which is not among the inputs"
ONE_ZONE: Final = f"EFS may back up a file system of one zone {OWN_PLAN}"
#: In `attached`, in place of the id of an instance: it is not known which one.
SOME_INSTANCE: Final = "(an instance that is not known)"
#: In `unknown_tags`: which tags there are is not known at all.
ALL_TAGS: Final = "*"


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read: its name as the user gave it, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Template:
    """The template of a nested stack, with its lines where these are known.

    `guessed` says that only the name of its file tells that it is meant.
    """

    document: Any
    source: Source
    lines: "Document | None" = None
    guessed: bool = False


class TemplateFinder(Protocol):
    """What finds the templates that nested stacks are made of, None where one is not in reach."""

    def beside(self, template: str, path: str) -> Template | None:
        """The one at a path that another one names."""

    def of_url(self, template: str, end: str) -> Template | None:
        """The one that another one names by a URL that ends so."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """What stands where an input does not say it; "" for nothing.

    `mark` and `number` stand in whatever is made up for an input, so that two inputs never have the same.
    `accounts` are those that are judged each by itself, though others are like them. `stack` is that of the
    input, of all `stacks`; `nested` has the templates of nested stacks, None where these are not followed.
    `units` has the accounts of roots and units by their ids, where a file tells the whole tree. `hcl` is the
    folder of the code of Terraform plans, None where it is the one that they lie in; of inputs as they were
    `earlier` none is at hand.
    """

    account: str = ""
    region: str = ""
    copy_lifecycle: CopyLifecycle = "inherit"
    mark: str = ""
    number: int = 0
    stack: StackParameters = field(default_factory=StackParameters)
    accounts: frozenset[str] = frozenset()
    stacks: Stacks = field(default_factory=Stacks)
    nested: TemplateFinder | None = None
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hcl: Path | None = None
    earlier: bool = False

    def own_place(self, count: int) -> tuple[str, str]:
        """Placeholders for account number `count` of an input that is not known, and its Region.

        Raises:
            AuditorError: there are too many, so that two would have the same.
        """
        number = self.number * _MOST_OWN + count + 1
        account = f"{number:012}"
        if count >= _MOST_OWN or not account.startswith(_PLACEHOLDERS[0]):
            raise AuditorError(
                f"{self.mark or 'the plan'}: the account or Region of more than {_MOST_OWN:,} providers and "
                "resources is known only after the apply; write their Regions down, or check fewer at a time."
            )
        return account, f"{_PLACEHOLDERS[1]}{number}"


def is_placeholder(text: str) -> bool:
    """Whether an account or a Region only stands for one that no input names."""
    return text.startswith(_PLACEHOLDERS)


@dataclass(frozen=True, slots=True)
class Place:
    """An account and a Region; an input that does not name them has placeholders of its own for both."""

    account_id: str
    region: str
    partition: str = "aws"

    @classmethod
    def of(cls, account: str, region: str) -> Self:
        """An account and a Region, "" for what is not known; the partition is that of the Region's name."""
        starts = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
        partition = next((name for start, name in starts.items() if region.startswith(start)), "aws")
        return cls(account or NO_ACCOUNT, region or NO_REGION, partition)

    @property
    def unknown(self) -> tuple[str, ...]:
        """What of it is a placeholder."""
        return tuple(text for text in (self.account_id, self.region) if is_placeholder(text))

    @property
    def unnamed(self) -> bool:
        """Whether no input names its account, or none its Region."""
        return self.account_id == NO_ACCOUNT or self.region == NO_REGION

    @property
    def named(self) -> tuple[str, str]:
        """Its account and Region, "" for a placeholder."""
        hidden = self.unknown
        return (
            "" if self.account_id in hidden else self.account_id,
            "" if self.region in hidden else self.region,
        )

    def __str__(self) -> str:
        """As a sentence names it."""
        return f"{self.account_id} {self.region}"


@dataclass(frozen=True, slots=True)
class Declaration:
    """Where something is declared: the file as it was named, a line (0: not known), and the full address.

    The line is one of `code`, where that is another file: what the input was made of.
    """

    file: str
    address: str
    line: int = 0
    code: str = ""

    @property
    def shown(self) -> str:
        """The file to look at."""
        return self.code or self.file


@dataclass(frozen=True, slots=True)
class Prior:
    """What an input that knows the state before its change says of something: `key` is the id or ARN it had.

    The key is "" for what is new. `changes` says whether anything of it changes.
    """

    key: str = ""
    changes: bool = True


@dataclass(frozen=True, slots=True)
class DeclaredResource:
    """A resource that can be backed up.

    `unknown_tags` gives for a key whose value is not known the expression that hides it; the key `ALL_TAGS`
    stands for all of them. `unknown_id` is the part of the ARN that AWS will make, "" when it makes none;
    `unknown_parts` are others that are not known, such as names of expressions. `elsewhere` says what may
    protect it that no input declares, "" for nothing. `attached` are the ARNs of the instances that a volume
    is attached to. `stack_tags` says whether it has the tags of its stack, None where that is not stated.
    `native` is what its own service protects it with, by kind. `key` is the one that it is encrypted with,
    None where the input does not tell of it.
    """

    place: Place
    arn: str
    resource_type: str
    name: str
    tags: Mapping[str, str]
    declaration: Declaration
    unknown_tags: Mapping[str, str] = field(default_factory=dict)
    unknown_id: str = ""
    unknown_parts: tuple[str, ...] = ()
    elsewhere: str = ""
    prior: Prior | None = None
    attached: tuple[str, ...] = ()
    stack_tags: bool | None = True
    native: tuple[OwnProtection, ...] = ()
    key: SourceKey | None = None

    @property
    def known_tags(self) -> Mapping[str, str]:
        """The tags of which key and value are known."""
        return {key: value for key, value in self.tags.items() if key not in self.unknown_tags}

    @property
    def pieces(self) -> Pieces:
        """The parts of its ARN; an account or Region that no input names is not known either."""
        return pieces_of(self.arn, self.unknown_id, (*self.unknown_parts, *self.place.unknown))


@dataclass(frozen=True, slots=True)
class DeclaredPlan:
    """A backup plan, and where it is declared; no `prior`: the input tells nothing of before its change."""

    plan: BackupPlan
    declaration: Declaration
    prior: Prior | None = None

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place.of(self.plan.account_id, self.plan.region)


@dataclass(frozen=True, slots=True)
class DeclaredSelection:
    """A selection of the plan `selection.plan_id` ("": of the one plan there is), in its place.

    `role` is the ARN of the role that it backs up with, "" where it is not known, and `perhaps_roles`
    are those that it may be. One that is `answered` is what AWS Backup has.
    """

    place: Place
    selection: Selection
    declaration: Declaration
    prior: Prior | None = None
    role: str = ""
    perhaps_roles: tuple[str, ...] = ()
    answered: bool = False

    @property
    def stays(self) -> bool:
        """Whether it is there already, as it is: AWS Backup has taken it."""
        return self.answered or (self.prior is not None and not self.prior.changes)


@dataclass(frozen=True, slots=True)
class DeclaredVault:
    """A vault and its lock, `now`: as before a change; `fault` says what of the lock is unknown, or is ""."""

    place: Place
    arn: str
    name: str
    lock: VaultLock
    declaration: Declaration
    fault: str = ""
    prior: Prior | None = None
    now: bool = False


@dataclass(frozen=True, slots=True)
class DeclaredOptIns:
    """Which resource types are opted in, as far as an input says so; `fault` says what it does not know.

    `managed` says whether AWS Backup manages the backups of a type fully, where that is a choice.
    """

    place: Place
    opted_in: Mapping[str, bool]
    declaration: Declaration
    fault: str = ""
    prior: Prior | None = None
    managed: Mapping[str, bool] = field(default_factory=dict)

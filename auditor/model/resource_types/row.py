"""What a row says of a resource type: how it is named, listed and made, and what AWS Backup can do with it.

Sources: aws-backup.md 1.1 rows 11, 16 and 21, 1.2, 1.3, 4.3, 4.5; for the calls, AWS's API references.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Final, Literal

#: Where something is possible: by partition the first day, UTC; None is "as long as anybody knows".
Partitions = Mapping[str, date | None]

NOWHERE: Final[Partitions] = MappingProxyType({})
EVERYWHERE: Final[Partitions] = MappingProxyType({"aws": None, "aws-cn": None, "aws-us-gov": None})

#: Copies into other accounts came to China later (aws-backup.md 1.2).
_ACCOUNTS: Final[Partitions] = MappingProxyType(
    {"aws": None, "aws-cn": date(2026, 8, 27), "aws-us-gov": None}
)
#: Air-gapped vaults are neither in China nor in GovCloud (aws-backup.md 1.2).
_COMMERCIAL: Final[Partitions] = MappingProxyType({"aws": None})

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

#: What the date in a listing is worth:
#: - "fixed": the creation;
#: - "late": the creation or a little later, and it stays;
#: - "moves": a later change moves it, so it says how old the resource is at least;
#: - "asked": the listing has none. Who has no old job or recovery point is asked for it one by one;
#: - "untold": nothing tells it. A resource is as old as its first job or recovery point.
CreationDate = Literal["fixed", "late", "moves", "asked", "untold"]


#: What protects a resource apart from AWS Backup, in the words of a tier: `docs/what-protects-what.md`.
NativeKind = Literal[
    "automated_backups",
    "point_in_time_recovery",
    "lifecycle_policy",
    "snapshot",
    "versioning",
    "object_lock",
    "replication",
]


@dataclass(frozen=True, slots=True)
class OwnBackups:
    """The members of an item that tell of the backups which its service makes by itself (aws-backup.md 6.1).

    `days` is for how many days they are kept, 0 where none are made. `earliest` and `newest` are the ends of
    what can be restored, `window` is when they are made. Where there is a value in `managed`, they are AWS
    Backup's own.
    """

    days: str
    earliest: str = ""
    newest: str = ""
    window: str = ""
    managed: str = ""


@dataclass(frozen=True, slots=True)
class ListingCall:
    """A call that lists resources page by page, and which member of an item says what.

    `service` and `operation` are botocore's, `actions` are IAM's. `items` is the member of a page that is the
    list. `parameters` ask for the longest pages; "{region}" in them stands for the Region.

    `arn` is a member, or a form with members in braces, and with {partition}, {region} and {account}. `name`
    "" is the value of the tag Name. `gone` are the values of `state` of what is deleted or being deleted.
    Items that have the member `part_of` are parts of another resource and left out. Where an item lacks its
    `tags`, or no member has them, the Resource Groups Tagging API tells them, asked with `tag_filters`.
    Without these an item that lacks its tags has none: so EC2 answers.

    `attachments` is the list of the EC2 instances that an item is attached to, as volumes have it. `own` says
    where an item tells of the backups that its service makes.

    Where one call lists several types, `kinds` says which type an item has: the member to look at, and AWS
    Backup's type for each of its values (a value may end with *). An item of a type that is not read is left
    out; an item with a value that is not listed here is a gap.

    `closed` is what a service says, in a refusal, to an account that it takes for no customer any more: such
    an account has none of its resources (aws-backup.md 1.8).

    Where members alone are not enough, `code` names the module of `auditor.collect.listings` that makes the
    rows.
    """

    service: str
    operation: str
    items: str
    actions: tuple[str, ...]
    parameters: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    arn: str = ""
    name: str = ""
    created: str = ""
    state: str = ""
    gone: frozenset[str] = frozenset({"deleted", "deleting"})
    part_of: str = ""
    tags: str = ""
    tag_filters: tuple[str, ...] = ()
    encrypted: str = ""
    key: str = ""
    attachments: str = ""
    own: OwnBackups | None = None
    kinds: tuple[str, Mapping[str, str]] | None = None
    code: str = ""
    closed: str = ""


@dataclass(frozen=True, slots=True)
class CreatingCall:
    """A call that makes one resource, as the sandbox does.

    In `parameters`, {name}, {region}, {password} and {key}, the ARN of a KMS key, are filled in; "{tags}" by
    itself is the list of tags, "{named_tags}" the same with a tag Name. `encrypted` or `plain` is added. The
    ARN is found as in an item of the type's first listing: in the answer, or in its member `answer`.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    encrypted: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    plain: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    answer: str = ""


@dataclass(frozen=True, slots=True)
class PossibleCopies:
    """Where recovery points can be copied to: other Regions, other accounts, logically air-gapped vaults."""

    regions: Partitions = field(default_factory=lambda: NOWHERE)
    accounts: Partitions = field(default_factory=lambda: NOWHERE)
    air_gapped: Partitions = field(default_factory=lambda: NOWHERE)


NO_COPIES: Final = PossibleCopies()
COPIES: Final = PossibleCopies(EVERYWHERE, _ACCOUNTS)
ALL_COPIES: Final = PossibleCopies(EVERYWHERE, _ACCOUNTS, _COMMERCIAL)


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One resource type.

    `name` is AWS Backup's word (GetSupportedResourceTypes), `arns` are the forms of its ARNs behind the
    partition, the first one its own where types share a form. `cloudformation` are the types of
    CloudFormation and AWS Config. A type that has `listings` is read by the audit.

    `creation` says what the date in the listing is worth; `reusable_arn`, that the ARN is a name that may be
    given to another resource later. Continuous backups lag behind by up to `lag_minutes`; there are none
    where `never_continuous` stands in the ARN. `management` is AWS Backup's full management: "choice" is a
    preference of the Region, without which there are no `copies` and no `cold` storage. `common_words` stand
    in every ARN of the type or of its recovery points: whoever names them names no resource.

    `native` is what can protect it apart from AWS Backup.

    The backup of a `composite` type is a recovery point in which those of its parts are nested: only the
    former is a backup of the resource (aws-backup.md 4.13). `auditor push` opts in to what is `opted_in`.

    Of ARNs with `left_out` in them some are not listed, because they cannot be backed up by now, or are with
    another: that one is not listed does not say that it is gone.

    A type that is only `somewhere` is not offered in every Region: it is asked for where AWS Backup's
    settings of the Region name it, and where they name no type at all.

    `enforced_as` and `required_as` are the words of a tag policy for it: where AWS refuses wrong tags, and
    where it reports missing ones (aws-backup.md 3.6).
    """

    name: str
    arns: tuple[str, ...]
    cloudformation: tuple[str, ...] = ()
    listings: tuple[ListingCall, ...] = ()
    creating: CreatingCall | None = None
    creation: CreationDate = "fixed"
    reusable_arn: bool = False
    continuous: bool = False
    lag_minutes: int | None = None
    never_continuous: str = ""
    management: Literal["never", "always", "choice"] = "never"
    cold: Partitions = field(default_factory=lambda: NOWHERE)
    copies: PossibleCopies = NO_COPIES
    common_words: tuple[str, ...] = ()
    note: str = ""
    somewhere: bool = False
    left_out: str = ""
    enforced_as: tuple[str, ...] = ()
    required_as: tuple[str, ...] = ()
    native: tuple[NativeKind, ...] = ()
    composite: bool = False
    opted_in: bool = True

    def offered(self, named: Collection[str]) -> bool:
        """Whether the type is there, in a Region whose settings in AWS Backup name these types.

        "Use the describeRegionSettings API to know the supported resource types" (UpdateRegionSettings,
        InvalidParameterValueException).
        """
        return not self.somewhere or not named or self.name in named

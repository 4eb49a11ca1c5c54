"""Conditions of policies of IAM: which principals of an account meet them, and whether a service does.

Sources: IAM user guide, "IAM JSON policy elements: Condition operators", "AWS global condition context keys".
"""

import re
from enum import Enum, auto
from functools import lru_cache
from typing import Final, NamedTuple

from auditor.derive.organization_conditions import NOT_KNOWN, OF_ORGANIZATIONS, Members, meets
from auditor.derive.wildcards import expression

#: Conditions on these let almost everybody through.
_TRIVIAL: Final = frozenset(
    {"aws:securetransport", "aws:useragent", "aws:referer", "aws:requestedregion", "aws:currenttime",
     "aws:epochtime", "aws:principalaccount", *OF_ORGANIZATIONS}
)  # fmt: skip
#: The key of the ARN of whoever asks.
PRINCIPAL_ARN: Final = "aws:principalarn"
_SECURE, _ACCOUNT_OF = "aws:securetransport", "aws:principalaccount"
_REGION: Final = "aws:requestedregion"
_FROM_ACCOUNT, _FROM_ARN, _USER_ID = "aws:sourceaccount", "aws:sourcearn", "aws:userid"
_BY_SERVICE: Final = "aws:principalisawsservice"
#: What of a service, or a federated principal, is not known.
_OF_SOMEBODY: Final = (PRINCIPAL_ARN, _ACCOUNT_OF, *OF_ORGANIZATIONS)
#: Keys that every request has. A condition with IfExists or ForAllValues holds where its key is missing.
_ALWAYS: Final = frozenset({PRINCIPAL_ARN, _USER_ID})
#: Keys that almost every request has: not one through a VPC endpoint, or with long-lived keys of a user.
_USUAL: Final = frozenset({"aws:sourceip", "aws:multifactorauthpresent", _BY_SERVICE})
#: Keys, and how keys begin, by which some principals of an account are told from its others. What another one
#: does is not known here: a tag of the resource, or a parameter of the request, may be right for everybody.
_CHOOSING: Final = frozenset(
    {PRINCIPAL_ARN, _USER_ID, "aws:username", "aws:sourceip", "aws:vpcsourceip", "aws:sourcevpc",
     "aws:sourcevpce", _FROM_ARN, _FROM_ACCOUNT, _BY_SERVICE}
)  # fmt: skip
_CHOOSING_STARTS: Final = (
    "aws:principaltag/", "aws:multifactorauth", "aws:principalservicename", "sts:", "saml:"
)  # fmt: skip
#: Keys, and how keys begin, whose values any account can give its own principals, sessions and networks: tags
#: and names, what federation and STS say of a session, that it is by MFA, and private addresses.
_OF_ANYBODY: Final = (
    "aws:principaltag/",
    "aws:multifactorauth",
    "aws:username",
    "aws:vpcsourceip",
    "sts:",
    "saml:",
)
#: Of these only services have a value that is asked for: no principal of an account has.
_OF_SERVICES: Final = (_FROM_ARN, _FROM_ACCOUNT, _BY_SERVICE, "aws:principalservicename")
#: How the name of a service begins that a policy names, and of a principal that has no ARN that is known.
SERVICE, FEDERATED = "Service:", "Federated:"
#: A name that nobody has: a pattern that it fits is for everybody.
NOBODY: Final = "\N{REPLACEMENT CHARACTER}"
_EVERY_ADDRESS: Final = "/0"
#: Operators by which a statement is for all but what is named.
_NEGATIVE: Final = ("StringNotEquals", "StringNotLike", "ArnNotEquals", "ArnNotLike", "NotIpAddress")
#: Operators by which a text is held against texts or patterns, in capital and small letters as they are.
_TEXTS: Final = ("StringEquals", "StringLike", "ArnEquals", "ArnLike", "StringNotEquals", "StringNotLike",
                 "ArnNotEquals", "ArnNotLike")  # fmt: skip
_NULL, _TRUE, _FALSE = "Null", ("true",), ("false",)
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
#: How many parts an ARN has at least.
_PARTS: Final = 6


class Reach(Enum):
    """Which principals of an account meet a condition: `MOST` do by what tells none apart.

    Of `OPEN` it is not known.
    """

    ALL = auto()
    MOST = auto()
    REST = auto()
    SOME = auto()
    NONE = auto()
    OPEN = auto()


class PolicyCondition(NamedTuple):
    """One key of a condition: the operator alone, and the key in small letters.

    `lenient`, by IfExists or ForAllValues, says that it holds where a request does not have the key.
    `quantity` is the set operator, "" where there is none.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    lenient: bool = False
    quantity: str = ""

    def reach(self, account: str, members: Members = NOT_KNOWN) -> Reach:
        """Who of an account meets it ("" for one that is not known): all, all but a few, some or nobody.

        `members` are the accounts of the organization that was read.
        """
        if self.key == _ACCOUNT_OF and account and self.operator != _NULL:
            named = any(self.fits(value, account) for value in self.values)
            if not named and not all(map(_ACCOUNT.fullmatch, self.values)):
                return Reach.OPEN
            if self.negative:
                return Reach.NONE if named else Reach.REST
            return Reach.ALL if named else Reach.NONE
        if self.key in _TRIVIAL:
            met = meets(self, account, members) if self.of_organizations else None
            return Reach.MOST if met is None else Reach.ALL if met else Reach.NONE
        if self.key in _CHOOSING or self.key.startswith(_CHOOSING_STARTS):
            return self._chosen(account)
        return Reach.OPEN

    def _chosen(self, account: str) -> Reach:
        """Who meets it, where its key tells principals apart."""
        always = self.key in _ALWAYS
        if self.operator == _NULL and (always or self.key in _USUAL):
            few, most = (Reach.NONE, Reach.ALL) if always else (Reach.SOME, Reach.MOST)
            return few if self.negative else most
        everybody = any(self._fits_all(value, account) for value in self.values)
        if self.negative:
            if not (everybody and (always or self.operator == "NotIpAddress")):
                return Reach.REST
            return Reach.NONE if self._fits_each_kind(account) else Reach.MOST
        if everybody or (self.lenient and not always):
            return Reach.ALL if everybody and self._fits_each_kind(account) else Reach.MOST
        nobody = self.key.startswith(_OF_SERVICES)
        if self.key == PRINCIPAL_ARN and account:
            nobody = not any(self._may_fit(value, account) for value in self.values)
        return Reach.NONE if nobody else Reach.SOME

    @property
    def vague(self) -> bool:
        """Whether it chooses principals of which it is not said whose they are."""
        return self.key == PRINCIPAL_ARN and not all(map(_account_in, self.values))

    @property
    def of_any_account(self) -> bool:
        """Whether it chooses principals of no account that is known, or by what any can give its own."""
        if self.key == _USER_ID:  # it begins with an id that AWS makes
            return self.takes_patterns and any(value.startswith(("*", "?")) for value in self.values)
        wild = self.takes_patterns and any(_plain(one) != one for one in map(_account_in, self.values))
        return self.vague or (self.key == PRINCIPAL_ARN and wild) or self.key.startswith(_OF_ANYBODY)

    @property
    def accounts(self) -> frozenset[str]:
        """The accounts that it names of principals."""
        if self.key == _ACCOUNT_OF:
            found = self.values
        else:
            found = tuple(_account_in(value) for value in self.values) if self.key == PRINCIPAL_ARN else ()
        return frozenset(one for one in found if _ACCOUNT.fullmatch(one))

    @property
    def of_principals(self) -> bool:
        """Whether it is about nothing but who asks."""
        return self.key in (PRINCIPAL_ARN, _ACCOUNT_OF, _BY_SERVICE)

    @property
    def of_organizations(self) -> bool:
        """Whether it is about the organization of whoever asks."""
        return self.key in OF_ORGANIZATIONS

    @property
    def of_regions(self) -> bool:
        """Whether it is about the Region that is asked."""
        return self.key == _REGION

    def met_by(self, arn: str, account: str, region: str = "", members: Members = NOT_KNOWN) -> bool | None:
        """Whether a user, role or service meets it in a Region of an account; None where that is not known.

        That a request is encrypted is up to who asks: it can be. What ARN and account a service has, or a
        federated principal, is not known.
        """
        if self.operator == "Bool" and self.key in (_BY_SERVICE, _SECURE):
            wanted = _TRUE if self.key == _SECURE or arn.startswith(SERVICE) else _FALSE
            return self.values == wanted if self.values in (_TRUE, _FALSE) else None
        if arn.startswith((SERVICE, FEDERATED)) and self.key in _OF_SOMEBODY:
            return None
        if self.of_organizations:
            return meets(self, account, members)
        text = {PRINCIPAL_ARN: arn, _ACCOUNT_OF: account, _REGION: region}.get(self.key)
        # the parts of ARNs are held against each other one by one
        parts = _PARTS if self.operator.startswith("Arn") else 0
        if not text or self.operator not in _TEXTS:
            return None
        if any("${" in value or len(value.split(":")) < parts for value in self.values):
            return None
        return any(self.fits(value, text) for value in self.values) is not self.negative

    def met_by_service(self, account: str, *, known: bool) -> bool | None:
        """Whether a service meets it that acts for `account`; None where that is not known.

        `known` says whether that is the account's number, and no placeholder for one (aws-backup.md 4.14).
        """
        if self.key == _SECURE and self.operator == "Bool":
            return self.values == _TRUE
        if self.operator == _NULL or self.key not in (_FROM_ACCOUNT, _FROM_ARN):
            return None
        if self.key == _FROM_ACCOUNT:
            sure = perhaps = any(self.fits(value, account) for value in self.values)
            perhaps = perhaps or not all(_ACCOUNT.fullmatch(value) for value in self.values)
        else:
            sure = any(self.fits(value, _from_everywhere(value, account)) for value in self.values)
            perhaps = any(self._may_fit(value, account) for value in self.values)
        if sure:
            return not self.negative
        return None if perhaps or not known else self.negative

    @property
    def negative(self) -> bool:
        """Whether it is met by all but what it names."""
        without = self.operator in _NEGATIVE or self.operator.startswith("StringNotEquals")
        absent = self.operator == _NULL and self.values == _TRUE
        return without or absent or (self.operator == "Bool" and self.values == _FALSE)

    @property
    def takes_patterns(self) -> bool:
        """Whether * and ? in its values stand for other text."""
        return self.operator.startswith("Arn") or self.operator.endswith("Like")

    def fits(self, value: str, text: str) -> bool:
        """Whether a value is, or as a pattern matches, a text."""
        return bool(pattern(value).fullmatch(text)) if self.takes_patterns else value == text

    def _fits_all(self, value: str, account: str) -> bool:
        """Whether a value is one for everybody: a pattern of no part of a name, or all addresses."""
        if self.operator.endswith("IpAddress"):
            return value.endswith(_EVERY_ADDRESS)
        return self.takes_patterns and any(self.fits(value, one) for one in _nobodies(value, account))

    def _fits_each_kind(self, account: str) -> bool:
        """Whether its values, if they are ARNs, are for roles, users and the root user alike."""
        if self.key != PRINCIPAL_ARN:
            return True
        kinds = zip(*(_principals(value, account) for value in self.values), strict=True)
        return all(
            any(self.fits(value, arn) for value, arn in zip(self.values, arns, strict=True)) for arns in kinds
        )

    def _may_fit(self, value: str, account: str) -> bool:
        """Whether an ARN of an account may be, or match, a value; one that names none may be of any."""
        named = _account_in(value)
        return not named or self.fits(named, account)


def _account_in(arn: str) -> str:
    """The account in an ARN or a pattern of one, "" where it names none."""
    parts = arn.split(":")
    return parts[4] if len(parts) >= _PARTS else ""


def _nobodies(value: str, account: str) -> list[str]:
    """A name that nobody has, alone, in the ARNs of principals of an account, and of sessions of a role."""
    role, *others = _principals(value, account)
    session = role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
    return [NOBODY, role, *others[:1], session]


def _principals(value: str, account: str) -> tuple[str, str, str]:
    """ARNs of a role and a user of an account with a name that nobody has, and of its root user.

    Of an account that is not known, those of the one which the pattern `value` names.
    """
    _, partition, _, _, named, *_ = (*value.split(":"), *[""] * 5)
    start, end = _plain(partition) or "aws", account or _plain(named) or "0"
    of = f"arn:{start}:iam::{end}"
    return f"{of}:role/{NOBODY}", f"{of}:user/{NOBODY}", f"{of}:root"


def _from_everywhere(value: str, account: str) -> str:
    """What is nothing in particular of AWS Backup in an account, where the pattern `value` says."""
    _, partition, _, region, *_ = (*value.split(":"), *[""] * 4)
    return f"arn:{_plain(partition)}:backup:{_plain(region)}:{account}:{NOBODY}"


def _plain(text: str) -> str:
    """Something that a pattern fits."""
    return re.sub(r"[*?]", "0", text)


@lru_cache(maxsize=1024)
def pattern(text: str) -> re.Pattern[str]:
    """A text with `*` and `?` as IAM reads it."""
    return re.compile(expression(text).replace(r"\?", "."), re.DOTALL)


@lru_cache(maxsize=1024)
def contains(wider: str, pattern_of_few: str) -> bool:
    """Whether one pattern fits all that another one does, as far as letters tell: ? stands for no *."""
    fitting = expression(wider).replace(r"\?", "[^*]")
    return re.fullmatch(fitting, pattern_of_few, re.DOTALL) is not None

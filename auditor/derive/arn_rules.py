"""Whether the patterns of a selection's Resources or NotResources match an ARN (aws-backup.md 4.6)."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from auditor.derive.tag_rules import NEAR
from auditor.derive.wildcards import AnyOf, compiled

_FIELDS: Final = 6
_PLACES: Final = (("partition", 1), ("Region", 3), ("account", 4))


class ArnParts(NamedTuple):
    """An ARN's fields, and `marker`: how a pattern that names this resource's type must spell it."""

    fields: tuple[str, ...]
    marker: str
    shared: bool


def parts_of(arn: str) -> ArnParts:
    """Split an ARN. `shared` says that several resource types write their ARNs alike.

    `rds:…:cluster:` is Aurora's, DocumentDB's, Neptune's and the RDS Multi-AZ cluster's; `fsx:…:file-system/`
    is every FSx file system's. The marker of a volume's ARN `arn:…:111122223333:volume/vol-1` is `:volume/`;
    where the type is not spelt, as in a bucket's `arn:…:s3:::bucket`, it is `:s3:::`.
    """
    fields = tuple(arn.split(":", _FIELDS - 1))
    if len(fields) < _FIELDS:
        return ArnParts(fields, arn, shared=False)
    resource = fields[_FIELDS - 1]
    ends = [place for place in (resource.find("/"), resource.find(":")) if place >= 0]
    if not ends:
        return ArnParts(fields, f":{fields[2]}:{fields[3]}:{fields[4]}:", shared=False)
    marker = f":{resource[: min(ends) + 1]}"
    shared = (fields[2], marker) in {("rds", ":cluster:"), ("fsx", ":file-system/")}
    return ArnParts(fields, marker, shared)


class ArnRules:
    """The patterns of one list. With `end_only`, a pattern with a star before its end matches nothing."""

    def __init__(self, patterns: Sequence[str], *, end_only: bool) -> None:
        self.ignored = tuple(p for p in patterns if end_only and "*" in p[:-1])
        self._patterns = [pattern for pattern in patterns if pattern not in self.ignored]
        self._by_marker: dict[str, tuple[AnyOf, AnyOf]] = {}
        relaxed = {_relax(pattern): pattern for pattern in reversed(self._patterns)}
        self._relaxed = AnyOf(list(relaxed))
        self._origin = relaxed

    def match(self, arn: str, marker: str) -> tuple[str, bool] | None:
        """The pattern that matches, and whether it names the resource's type; those that do come first."""
        rules = self._by_marker.get(marker)
        if rules is None:
            naming = [p for p in self._patterns if "*" not in p or marker in p]
            other = [p for p in self._patterns if p not in naming]
            rules = self._by_marker[marker] = (AnyOf(naming), AnyOf(other))
        found = rules[0].match(arn)
        if found is not None:
            return found, True
        found = rules[1].match(arn)
        return None if found is None else (found, False)

    def near_miss(self, arn: ArnParts) -> str | None:
        """A sentence when a pattern would match but for its partition, Region, account or letters' case."""
        if not self._patterns or len(arn.fields) < _FIELDS:
            return None
        found = self._relaxed.match(f"arn::{arn.fields[2]}:::{arn.fields[_FIELDS - 1]}".lower())
        if found is None:
            return None
        pattern = self._origin[found]
        fields = pattern.split(":", _FIELDS - 1)
        for name, place in _PLACES:
            if len(fields) > place and not compiled(fields[place]).fullmatch(arn.fields[place]):
                return f"{NEAR}{pattern} names {name} {fields[place]!r}, not {arn.fields[place]!r}."
        return f"{NEAR}{pattern} differs from the ARN by case only."


def warning(pattern: str) -> str:
    """What to add about a pattern whose star stands where AWS's API reference does not allow it."""
    resource = pattern.split(":", _FIELDS - 1)[-1]
    if "*" not in resource[:-1]:
        return ""
    return " (AWS's API reference allows `*` at the end only, its developer guide anywhere)"


def _relax(pattern: str) -> str:
    """The pattern in lower case, without its partition, Region and account; its last field stays."""
    fields = pattern.lower().split(":", _FIELDS - 1)
    for _, place in _PLACES:
        if place < len(fields) - 1:
            fields[place] = ""
    return ":".join(fields)

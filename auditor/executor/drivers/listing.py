"""What drivers share to list native backups: who made one, its state, and its resource."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Final

from auditor.executor.seam.driver import ListedBackup, ListedStatus

#: The most values that EC2 takes in one filter.
FILTER_VALUES: Final = 200

#: The most items of a page of EC2, which gives all at once where it is not told.
EC2_PAGES: Final = {"PageSize": 1000}

_TOKEN: Final = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")


def token_of(text: str, *forms: Callable[[str], str]) -> str | None:
    """The token, an upper-case UUID, of which one of `forms` makes exactly `text`; None without one."""
    found = _TOKEN.search(text.upper())
    return found[0] if found and any(form(found[0]) == text for form in forms) else None


def status_of(
    state: str, *, complete: Collection[str], making: Collection[str], deleting: Collection[str] = ()
) -> tuple[ListedStatus, str]:
    """AWS Backup's word for a service's `state`, and a message about it."""
    if state in complete:
        return "COMPLETED", ""
    if state in making:
        return "CREATING", ""
    if state in deleting:
        return "DELETING", ""
    return "PARTIAL", f"Its state is {state}."


def of_resource(found: Iterable[ListedBackup], resource_arn: str | None) -> Iterator[ListedBackup]:
    """Those of one resource, all without one: filters of services go by names and ids, which copies keep."""
    return (backup for backup in found if resource_arn in (None, backup.resource_arn))


def named(name: str, values: Iterable[str]) -> list[dict[str, Any]]:
    """One filter, as most services take it."""
    return [{"Name": name, "Values": list(values)}]

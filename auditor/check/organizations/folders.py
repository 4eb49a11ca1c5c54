"""The tree of an organization as folders: a folder is a unit by its name, or an account by its id.

A tree whose root says `folders: true` is the folder that it lies in; docs/check.md tells the form.
"""

import re
from collections.abc import Mapping, Sequence
from posixpath import dirname, normpath, relpath
from typing import Any, Final

from auditor.check.shapes import as_object
from auditor.model.errors import AuditorError

Json = Any

_FOLDERS: Final = "folders"
_ACCOUNTS: Final = "accounts"
_ACCOUNT: Final = re.compile(r"[0-9]{12}")


def is_account_list(document: Json) -> bool:
    """Whether a document has nothing but the accounts of one unit, by id."""
    found = as_object(document)
    listed = found.get(_ACCOUNTS)
    return len(found) == 1 and isinstance(listed, Mapping) and all(map(_ACCOUNT.fullmatch, map(str, listed)))


def is_of_folders(document: Json) -> bool:
    """Whether a tree says that it is told by folders."""
    return _FOLDERS in as_object(as_object(as_object(document).get("organization")).get("root"))


def told_by_folders(
    document: Json, name: str, policies: Sequence[str], lists: Mapping[str, Json]
) -> tuple[Json, set[str]]:
    """The tree as a file writes it, of the names of the policies and lists of accounts; the lists it has.

    The policies of a folder are attached in the order of their names.

    Raises:
        AuditorError: the file has units, accounts or policies too, something lies below an account, or an
            account is told twice.
    """
    root = dict(document["organization"]["root"])
    if root.pop(_FOLDERS) is not True or root.keys() - {"id"}:
        raise AuditorError(
            f"{name}: with `folders: true` the folders beside it are the tree; write units, accounts and "
            "policies there, or leave `folders` out."
        )
    base, used = dirname(name), set[str]()
    for policy in sorted(policies):
        target = _target(root, base, policy)
        if target is not None:
            target.setdefault("policies", []).append(relpath(policy, base or "."))
    for file in sorted(lists):
        target = _target(root, base, file)
        if target is not None and _ACCOUNT.fullmatch(dirname(file).rpartition("/")[2]):
            raise AuditorError(f"{file}: an account has no accounts in it; move the file up.")
        if target is not None:
            used.add(file)
            held = target.setdefault(_ACCOUNTS, {})
            for account, own in lists[file][_ACCOUNTS].items():
                known, said = held.setdefault(str(account), {}), as_object(own)
                if known.keys() & said.keys():
                    raise AuditorError(
                        f"{file}: what it says of account {account}, its folder or another file says "
                        "too; leave it out of one."
                    )
                known.update(said)
    return {**document, "organization": {**document["organization"], "root": root}}, used


def _target(root: dict[str, Json], base: str, file: str) -> dict[str, Json] | None:
    """The unit or account in whose folder a file lies, None for one that lies elsewhere."""
    inside = relpath(dirname(normpath(file)) or ".", base or ".")
    steps = [] if inside == "." else inside.split("/")
    if steps[:1] == [".."]:
        return None
    target = root
    for number, step in enumerate(steps):
        account = _ACCOUNT.fullmatch(step)
        if account and steps[number + 1 :]:
            raise AuditorError(f"{file}: it lies below account {step}, which has no units; move it up.")
        target = target.setdefault(_ACCOUNTS if account else "units", {}).setdefault(step, {})
    return target

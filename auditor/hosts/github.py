"""A pull request of GitHub, by its REST API.

Sources: docs.github.com, "REST API endpoints for issue comments" (a pull request is an issue), "Using
pagination in the REST API", "Best practices for using the REST API"; "Default environment variables".
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self

from auditor.files import read
from auditor.hosts.calls import Calls
from auditor.hosts.comments import Comment, HostRefused

_HEADERS: Final = {
    "Accept": "application/vnd.github+json",
    "X-GitHub-Api-Version": "2022-11-28",
    "User-Agent": "auditor",
}
#: GraphQL answers this of every kind of token; REST's `/user` refuses that of a workflow run.
_WHO: Final = {"query": "query { viewer { login } }"}
_BOT: Final = "[bot]"


class GithubPullRequest:
    """The pull request `number` of `repository` (OWNER/NAME)."""

    def __init__(self, calls: Calls, graphql: str, repository: str, number: int) -> None:
        self._calls = calls
        self._graphql = graphql
        self._repository = f"/repos/{repository}"
        self._list = f"{self._repository}/issues/{number}/comments"

    @classmethod
    def of(cls, variables: Mapping[str, str], number: int | None) -> Self | None:
        """The one that a workflow run is of, by its variables; None where it is of none.

        Raises:
            HostRefused: a variable of the run is missing.
        """
        number = number or _number(variables.get("GITHUB_EVENT_PATH", ""))
        if number is None:
            return None
        token, repository = variables.get("GITHUB_TOKEN", ""), variables.get("GITHUB_REPOSITORY", "")
        if not token or not repository:
            missing = "GITHUB_REPOSITORY" if token else "GITHUB_TOKEN"
            raise HostRefused(f"there is no {missing} among the variables")
        base = variables.get("GITHUB_API_URL") or "https://api.github.com"
        graphql = variables.get("GITHUB_GRAPHQL_URL") or f"{base}/graphql"
        return cls(Calls(base, ("Authorization", f"Bearer {token}"), _HEADERS), graphql, repository, number)

    def comments(self) -> Iterator[Comment]:
        """See `Host.comments`."""
        login = self._login()
        for entry in self._calls.pages(f"{self._list}?per_page=100"):
            user = entry.get("user")
            if isinstance(user, dict) and _is(user, login):
                yield Comment(
                    int(entry["id"]), str(entry.get("body") or ""), str(entry.get("html_url") or "")
                )

    def create(self, body: str) -> str:
        """See `Host.create`."""
        made = self._calls.send("POST", self._list, {"body": body})
        return str(made.get("html_url") or "") if isinstance(made, dict) else ""

    def update(self, comment: Comment, body: str) -> None:
        """See `Host.update`."""
        self._calls.send("PATCH", f"{self._repository}/issues/comments/{comment.id}", {"body": body})

    def delete(self, comment: Comment) -> None:
        """See `Host.delete`."""
        self._calls.send("DELETE", f"{self._repository}/issues/comments/{comment.id}")

    def _login(self) -> str:
        """The login of the token's own user."""
        answer = self._calls.send("POST", self._graphql, _WHO)
        try:
            return str(answer["data"]["viewer"]["login"])
        except (LookupError, TypeError):
            raise HostRefused("GitHub does not say whose token GITHUB_TOKEN is") from None


def _is(user: Mapping[str, Any], login: str) -> bool:
    """Whether a comment's user has this login; that of an app may be told without its ending."""
    name = str(user.get("login") or "")
    return name == login or (user.get("type") == "Bot" and name == login.removesuffix(_BOT) + _BOT)


def _number(event: str) -> int | None:
    """The number of the pull request in the file of a workflow run's event; None where there is none."""
    if not event:
        return None
    try:
        document = json.loads(read(Path(event), 64 << 20))
        return int(document["pull_request"]["number"])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None

"""A merge request of GitLab, by its REST API.

Sources: docs.gitlab.com, "Notes API", "REST API: pagination", "Predefined CI/CD variables", "CI/CD job
token": the job's own token may not write notes, so a project's access token with the scope `api` is taken.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Self
from urllib.parse import quote

from auditor.hosts.calls import Calls
from auditor.hosts.comments import Comment, HostRefused

#: The variable with an access token that may write notes.
TOKEN: Final = "AUDITOR_GITLAB_TOKEN"  # noqa: S105 -- its name


class GitlabMergeRequest:
    """The merge request `number` of `project`, its id or path; `page` is where it is read."""

    def __init__(self, calls: Calls, project: str, number: int, page: str) -> None:
        self._calls = calls
        self._notes = f"/projects/{quote(project, safe='')}/merge_requests/{number}/notes"
        self._page = page

    @classmethod
    def of(cls, variables: Mapping[str, str], number: int | None) -> Self | None:
        """The one that a pipeline is of, by its variables; None where it is of none.

        Raises:
            HostRefused: a variable of the pipeline is missing.
        """
        told = variables.get("CI_MERGE_REQUEST_IID", "")
        number = number or (int(told) if told.isdecimal() else None)
        if number is None:
            return None
        project = variables.get("CI_MERGE_REQUEST_PROJECT_ID") or variables.get("CI_PROJECT_ID", "")
        needed = {
            TOKEN: variables.get(TOKEN, ""),
            "CI_API_V4_URL": variables.get("CI_API_V4_URL", ""),
            "CI_PROJECT_ID": project,
        }
        missing = [name for name, value in needed.items() if not value]
        if missing:
            raise HostRefused(f"there is no {missing[0]} among the variables")
        calls = Calls(needed["CI_API_V4_URL"], ("PRIVATE-TOKEN", needed[TOKEN]), {"User-Agent": "auditor"})
        where = variables.get("CI_MERGE_REQUEST_PROJECT_URL", "")
        return cls(calls, project, number, f"{where}/-/merge_requests/{number}" if where else "")

    def comments(self) -> Iterator[Comment]:
        """See `Host.comments`."""
        user = self._calls.send("GET", "/user")
        own = user.get("id") if isinstance(user, dict) else None
        if not isinstance(own, int):
            raise HostRefused(f"GitLab does not say whose token {TOKEN} is")
        for entry in self._calls.pages(f"{self._notes}?per_page=100&order_by=created_at&sort=asc"):
            author = entry.get("author")
            if isinstance(author, dict) and author.get("id") == own and not entry.get("system"):
                yield self._comment(entry["id"], str(entry.get("body") or ""))

    def create(self, body: str) -> str:
        """See `Host.create`."""
        made = self._calls.send("POST", self._notes, {"body": body})
        return self._comment(made["id"], body).url if isinstance(made, dict) and "id" in made else self._page

    def update(self, comment: Comment, body: str) -> None:
        """See `Host.update`."""
        self._calls.send("PUT", f"{self._notes}/{comment.id}", {"body": body})

    def delete(self, comment: Comment) -> None:
        """See `Host.delete`."""
        self._calls.send("DELETE", f"{self._notes}/{comment.id}")

    def _comment(self, number: int, body: str) -> Comment:
        return Comment(int(number), body, f"{self._page}#note_{number}" if self._page else "")

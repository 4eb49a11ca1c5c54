"""Servers on loopback that speak as the comments of GitHub and GitLab do: paths, pages, errors."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

#: status, headers, document; a document of bytes goes out as it is.
Answer = tuple[int, dict[str, str], Any]
BOT = "github-actions[bot]"
TOKEN = "the-token-of-the-job"


@dataclass
class Fake:
    """One pull request: who its token is, what is said on it, and what goes wrong next.

    `faults` are answers that come before the real ones: "METHOD part-of-path" -> answers, each used once.
    """

    login: str = BOT
    may_write: bool = True
    comments: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, list[Answer]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    url: str = ""
    #: What comes to pass although its answer is a fault: a gateway that gives up.
    done_all_the_same: bool = False

    def say(self, body: str, login: str = BOT, kind: str = "Bot") -> dict[str, Any]:
        """Put a comment there."""
        number = 1000 + len(self.comments)
        page = f"https://host.example/o/r/pull/7#issuecomment-{number}"
        said = {"id": number, "body": body, "html_url": page, "user": {"login": login, "type": kind}}
        self.comments.append(said)
        return said

    def bodies(self) -> list[str]:
        """The texts of all comments."""
        return [one["body"] for one in self.comments]

    def written(self) -> list[str]:
        """The calls that change something."""
        return [call for call in self.calls if not call.startswith("GET") and "graphql" not in call]

    def answer(self, method: str, target: str, headers: Any, body: Any) -> Answer:
        """Answer one call."""
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        self.calls.append(f"{method} {path}" + (f"?page={query['page'][0]}" if "page" in query else ""))
        for name, answers in self.faults.items():
            wanted, _, part = name.partition(" ")
            if wanted == method and part in path and answers:
                if self.done_all_the_same:
                    self.route(method, path, query, body)
                return answers.pop(0)
        if not self.known(headers):
            return self.error(401, "Bad credentials")
        return self.route(method, path, query, body)

    def error(self, status: int, message: str, **headers: str) -> Answer:
        """An error as GitHub tells it."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return status, named, {"message": message, "documentation_url": "https://docs", "status": str(status)}

    def known(self, headers: Any) -> bool:
        """Whether the token is right."""
        return bool(headers["Authorization"] == f"Bearer {TOKEN}")

    def route(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Answer:
        """Do what is asked."""
        listed = "/repos/o/r/issues/7/comments"
        if (method, path) == ("POST", "/graphql"):
            return 200, {}, {"data": {"viewer": {"login": self.login}}}
        if (method, path) == ("GET", listed):
            return self.page(path, query)
        if not self.may_write:
            return self.error(403, "Resource not accessible by integration")
        if (method, path) == ("POST", listed):
            return 201, {}, self.say(body["body"], self.login)
        one = re.fullmatch(r"/repos/o/r/issues/comments/(\d+)", path)
        return self.change(method, int(one[1]), body) if one else self.error(404, "Not Found")

    def change(self, method: str, number: int, body: Any) -> Answer:
        """Change or delete one comment."""
        found = next((said for said in self.comments if said["id"] == number), None)
        if found is None:
            return self.error(404, "Not Found")
        if method == "DELETE":
            self.comments.remove(found)
            return 204, {}, b""
        found["body"] = body["body"]
        return 200, {}, found

    def page(self, path: str, query: dict[str, list[str]]) -> Answer:
        """One page, with the address of the next one in the header `Link`."""
        size, number = int(query.get("per_page", ["30"])[0]), int(query.get("page", ["1"])[0])
        shown = self.comments[(number - 1) * size : number * size]
        more = len(self.comments) > number * size
        link = f'<{self.url}{path}?per_page={size}&page={number + 1}>; rel="next", <{self.url}>; rel="last"'
        return 200, {"Link": link} if more else {}, shown


@dataclass
class FakeGitlab(Fake):
    """The same on a merge request of GitLab: notes, and users by their ids."""

    def note(self, body: str, author: int = 5, *, system: bool = False) -> dict[str, Any]:
        """Put a note there."""
        said = {"id": 1000 + len(self.comments), "body": body, "author": {"id": author}, "system": system}
        self.comments.append(said)
        return said

    def error(self, status: int, message: str, **headers: str) -> Answer:
        """An error as GitLab tells it."""
        return status, dict(headers), {"message": f"{status} {message}"}

    def known(self, headers: Any) -> bool:
        """Whether the token is right."""
        return bool(headers["PRIVATE-TOKEN"] == TOKEN)

    def route(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Answer:
        """Do what is asked."""
        notes = "/projects/33/merge_requests/7/notes"
        if (method, path) == ("GET", "/user"):
            return 200, {}, {"id": 5, "username": "project_33_bot"}
        if (method, path) == ("GET", notes):
            return self.page(path, query)
        if not self.may_write:
            return self.error(403, "Forbidden")
        if (method, path) == ("POST", notes):
            return 201, {}, self.note(body["body"])
        one = re.fullmatch(rf"{notes}/(\d+)", path)
        return self.change(method, int(one[1]), body) if one else self.error(404, "Not Found")


@contextmanager
def serving(fake: Fake) -> Iterator[Fake]:
    """Serve it on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, headers, document = fake.answer(self.command, self.path, self.headers, body)
            data = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815 -- http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        fake.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()

"""`auditor comment`: one comment on a pull request, whoever else writes there, whatever the host answers."""

from pathlib import Path

import pytest

from auditor.check.formats.markdown import MARK
from tests.check.results import rendered, sample
from tests.hosts.conftest import NEWS, NOTHING, Comment
from tests.hosts.fakes import BOT, Answer, Fake, FakeGitlab

PAGE = "https://host.example/o/r/pull/7#issuecomment-"
#: What GitHub keeps of a comment.
KEPT = NEWS.replace("\n", "\r\n").strip()


def test_the_first_check_makes_a_comment_and_each_later_one_changes_it(
    comment: Comment, github: Fake
) -> None:
    """What `auditor check` writes is what stands there; the same text is not written again."""
    news = rendered("markdown", sample())[0]

    assert comment(news) == (0, f"comment made {PAGE}1000", "")
    assert github.bodies() == [news]
    github.comments[0]["body"] = news.replace("\n", "\r\n").strip()  # as GitHub keeps it
    assert comment(news) == (0, f"comment unchanged {PAGE}1000", "")
    assert comment(NOTHING) == (0, f"comment changed {PAGE}1000", "")
    assert github.bodies() == [NOTHING]
    assert len(NOTHING.splitlines()) == 1
    assert github.written() == [
        "POST /repos/o/r/issues/7/comments",
        "PATCH /repos/o/r/issues/comments/1000",
    ]


@pytest.mark.parametrize("before", [0, 99, 100, 101, 250])
def test_an_earlier_comment_is_found_on_whichever_page(comment: Comment, github: Fake, before: int) -> None:
    """Of 100 comments each, with others before and after it."""
    for number in range(before):
        github.say(f"comment {number}", "somebody", "User")
    mine = github.say(NEWS)
    for number in range(before):
        github.say(f"later {number}", "somebody", "User")

    assert comment(NOTHING) == (0, f"comment changed {PAGE}{mine['id']}", "")
    assert github.bodies().count(NOTHING) == 1
    assert len(github.comments) == 2 * before + 1


@pytest.mark.parametrize(
    ("body", "login", "kind"),
    [
        pytest.param(NEWS, "somebody", "User", id="somebody copied the mark"),
        pytest.param(NEWS, "other-app[bot]", "Bot", id="another app"),
        pytest.param(NEWS, "github-actions", "User", id="a user called like the app"),
        pytest.param(f"plan output:\n{MARK}", BOT, "Bot", id="another job quotes the mark"),
        pytest.param(f"see {MARK} above", BOT, "Bot", id="within a line"),
        pytest.param(NEWS.replace(MARK, "<!-- auditor check network -->"), BOT, "Bot", id="another check"),
    ],
)
def test_what_somebody_else_wrote_is_left_alone(
    comment: Comment, github: Fake, body: str, login: str, kind: str
) -> None:
    """A comment of its own is made beside it."""
    github.say(body, login, kind)

    assert comment(NEWS) == (0, f"comment made {PAGE}1001", "")
    assert github.bodies() == [body, NEWS]


@pytest.mark.parametrize("login", [BOT, "github-actions", "somebody"])
def test_its_own_comments_are_those_of_the_tokens_user(comment: Comment, github: Fake, login: str) -> None:
    """An app's login may be told with its ending or without; a person's token works as well."""
    github.login = login
    github.say(NEWS, *(("somebody", "User") if login == "somebody" else (BOT, "Bot")))

    assert comment(NOTHING)[1] == f"comment changed {PAGE}1000"
    assert github.bodies() == [NOTHING]


def test_of_two_that_were_made_at_the_same_time_one_stays(comment: Comment, github: Fake) -> None:
    """The older one is kept, also where it is right already."""
    github.say(KEPT)
    github.say("between", "somebody", "User")
    github.say(NOTHING)

    assert comment(NEWS) == (0, f"comment unchanged {PAGE}1000", "")
    assert github.bodies() == [KEPT, "between"]


def test_checks_with_names_keep_a_comment_each(comment: Comment, github: Fake) -> None:
    """Each job of a matrix has its own."""
    comment(NEWS, "--name", "network")
    comment(NEWS, "--name", "data")
    comment(NEWS)
    comment(NOTHING, "--name", "network")

    assert github.bodies() == [
        NOTHING.replace(MARK, "<!-- auditor check network -->"),
        NEWS.replace(MARK, "<!-- auditor check data -->"),
        NEWS,
    ]


def test_with_only_news_nothing_is_no_new_comment(comment: Comment, github: Fake) -> None:
    """An earlier one is changed all the same: what it says is mended."""
    assert comment(NOTHING, "--only-news") == (0, "comment not needed", "")
    assert comment(NEWS, "--only-news") == (0, f"comment made {PAGE}1000", "")
    assert comment(NOTHING, "--only-news") == (0, f"comment changed {PAGE}1000", "")
    assert github.bodies() == [NOTHING]


def test_the_token_of_a_fork_fails_nothing_and_says_so(
    comment: Comment, github: Fake, tmp_path: Path
) -> None:
    """One sentence below what the job's summary has, and on stderr with what it may be."""
    github.may_write = False
    summary = tmp_path / "summary.md"
    summary.write_text(NEWS, encoding="utf-8")
    host = github.url.removeprefix("http://")
    said = (
        f"the comment on the pull request was not written: {host} answered 403: "
        "Resource not accessible by integration"
    )

    code, out, err = comment(NEWS)

    advice = "it may be that of a fork, or the job lacks the permission to write there."
    assert (code, out, err) == (0, "", f"auditor: {said}; {advice}")
    assert summary.read_text(encoding="utf-8") == f"{NEWS}\n`{said}`\n"
    assert github.written() == ["POST /repos/o/r/issues/7/comments"]


LIMITED: Answer = (403, {"retry-after": "7"}, {"message": "You have exceeded a secondary rate limit."})
TOO_MANY: Answer = (429, {"retry-after": "8"}, {"message": "Too many requests"})
LONG = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9999999999"}
FAULT: Answer = (502, {}, b"<html>bad gateway</html>")


@pytest.mark.parametrize(
    ("fault", "call", "seconds"),
    [
        (LIMITED, "POST /repos", 7),
        (TOO_MANY, "GET /repos", 8),
        (FAULT, "POST /graphql", 3),
        ((403, {}, {"message": "API rate limit exceeded for installation"}), "POST /repos", 3),
        ((429, {"retry-after": "soon"}, b""), "POST /repos", 3),
    ],
)
def test_a_busy_host_is_asked_again_when_it_says(
    comment: Comment, github: Fake, waited: list[float], fault: Answer, call: str, seconds: float
) -> None:
    """It says so by `retry-after`, or not at all."""
    github.faults[call] = [fault]

    assert comment(NEWS) == (0, f"comment made {PAGE}1000", "")
    assert waited == [seconds]
    assert github.bodies() == [NEWS]


def test_what_a_gateway_hid_is_looked_up_before_it_is_done_again(comment: Comment, github: Fake) -> None:
    """The comment was made although its answer was an error: there is one, not two."""
    github.faults["POST /repos"] = [FAULT]
    github.done_all_the_same = True

    assert comment(NEWS) == (0, f"comment unchanged {PAGE}1000", "")
    assert github.bodies() == [NEWS]


def test_a_comment_that_is_deleted_meanwhile_is_made_again(comment: Comment, github: Fake) -> None:
    """The change finds none, so it is looked for again."""
    github.say(NEWS)
    github.faults["PATCH /repos"] = [github.error(404, "Not Found")]
    github.done_all_the_same = False

    assert comment(NOTHING)[1] == f"comment changed {PAGE}1000"
    assert [call.split()[0] for call in github.written()] == ["PATCH", "PATCH"]


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ({"GET /repos": [FAULT] * 9}, "answered 502"),
        (
            {"POST /repos": [(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9999999999"}, {})]},
            "403",
        ),
        ({"POST /repos": [(422, {}, {"message": "Validation Failed"})]}, "answered 422: Validation Failed"),
        ({"POST /graphql": [(200, {}, {"errors": [{"message": "no"}]})]}, "does not say whose token"),
        ({"GET /repos": [(200, {}, {"message": "a page of its own"})]}, "other than a list of comments"),
        ({"GET /repos": [(200, {}, b"<html>log in</html>")]}, "something other than JSON"),
        ({"GET /repos": [(301, {"Location": "http://elsewhere.example/"}, {})]}, "answered 301"),
        (
            {"GET /repos": [(200, {"Link": '<http://elsewhere.example/x>; rel="next"'}, [])]},
            "names a next page at another address, which is not read",
        ),
    ],
)
def test_whatever_the_host_answers_fails_no_check(
    comment: Comment, github: Fake, waited: list[float], faults: dict[str, list[Answer]], said: str
) -> None:
    """One sentence, exit code 0, and the token goes to no other address; waiting ends."""
    github.faults = faults

    code, out, err = comment(NEWS)

    assert (code, out) == (0, "")
    assert said in err
    assert len(err.splitlines()) == 1
    assert sum(waited) <= 90
    assert github.bodies() == []


def test_a_host_that_is_not_there_fails_no_check(
    comment: Comment, github: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing listens on that port."""
    monkeypatch.setenv("GITHUB_GRAPHQL_URL", "http://127.0.0.1:9/graphql")

    code, _, err = comment(NEWS)

    assert (code, github.calls) == (0, [])
    assert "could not be reached (ConnectionError)" in err


@pytest.mark.parametrize("event", ["{}", '{"pull_request": null}', '{"pull_request": {"number": "x"}}', "["])
def test_a_job_of_no_pull_request_has_no_comment(
    comment: Comment, github: Fake, tmp_path: Path, event: str
) -> None:
    """A push to a branch, a schedule; unless one is named."""
    (tmp_path / "event.json").write_text(event, encoding="utf-8")

    assert comment(NEWS) == (0, "this job is of no pull request, so there is no comment", "")
    assert github.calls == []
    assert comment(NEWS, "--pull-request", "7") == (0, f"comment made {PAGE}1000", "")


def test_a_merge_request_of_gitlab_is_kept_alike(comment: Comment, gitlab: FakeGitlab) -> None:
    """Over pages, and only what the token's own user wrote."""
    gitlab.note(NEWS, author=6)
    gitlab.note(NEWS, system=True)
    for number in range(120):
        gitlab.note(f"note {number}", author=6)

    assert comment(NEWS) == (0, "comment made https://host.example/o/r/-/merge_requests/7#note_1122", "")
    assert comment(NOTHING)[1] == "comment changed https://host.example/o/r/-/merge_requests/7#note_1122"
    assert [body for body in gitlab.bodies() if "note" not in body] == [NEWS, NEWS, NOTHING]
    assert [call.split()[0] for call in gitlab.written()] == ["POST", "PUT"]


def test_a_project_without_a_token_fails_nothing(
    comment: Comment, gitlab: FakeGitlab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protected variables are not given to the merge request of a fork."""
    monkeypatch.delenv("AUDITOR_GITLAB_TOKEN")

    code, out, err = comment(NEWS)

    assert (code, out, gitlab.calls) == (0, "", [])
    assert "there is no AUDITOR_GITLAB_TOKEN among the variables" in err


def test_a_comment_may_be_as_long_as_the_host_takes_it(comment: Comment, github: Fake) -> None:
    """Its name counts, and a letter beyond the first plane of Unicode is two."""
    full = NEWS + "\U0001f4be" + "x" * (65_536 - len(NEWS) - 2)

    assert comment(full)[0] == 0
    assert comment(full + "x")[0] == 2
    assert comment(full, "--name", "a")[0] == 2
    assert github.bodies() == [full]


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("no mark\n", ("--host", "github"), "it is no comment of `auditor check`; write one with"),
        (NEWS + "x" * 65_536, ("--host", "github"), "more than the 65,536 characters of a comment"),
        (NEWS, (), "this is no job of GitHub Actions or GitLab CI; say with --host where it is."),
        (NEWS, ("--name", "a -->"), "'a -->' is none; write small letters, digits and hyphens"),
    ],
)
def test_mistakes_are_told(comment: Comment, text: str, options: tuple[str, ...], said: str) -> None:
    """They are the user's own, and no host's: exit code 2."""
    code, _, err = comment(text, *options)

    assert code == 2
    assert said in err


def test_no_pull_request_writes_into_the_log_what_a_runner_obeys(comment: Comment, github: Fake) -> None:
    """What a host says is one line behind our own word."""
    github.faults["POST /repos"] = [(400, {}, {"message": "no\n::error::x \x1b[2J"})]

    err = comment(NEWS)[2]

    assert err.startswith("auditor: ")
    assert len(err.splitlines()) == 1
    assert "\x1b" not in err

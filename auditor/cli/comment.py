"""`auditor comment`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from auditor.model.errors import UsageError

if TYPE_CHECKING:
    from auditor.hosts.comments import Host, Kept

#: The variable by which a job of each host is known.
_KNOWN_BY = {"github": "GITHUB_ACTIONS", "gitlab": "GITLAB_CI"}


def _named(context: click.Context, option: click.Parameter, value: str) -> str:
    from auditor.hosts.comments import NAME

    if value and not NAME.fullmatch(value):
        raise click.BadParameter(
            f"{value!r} is none; write small letters, digits and hyphens, such as network", context, option
        )
    return value


@click.command("comment")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--host",
    type=click.Choice(list(_KNOWN_BY)),
    envvar="AUDITOR_COMMENT_HOST",
    show_envvar=True,
    help="Where the pull request is; without it, where the job runs.",
)
@click.option(
    "--pull-request",
    "number",
    type=click.IntRange(1),
    envvar="AUDITOR_COMMENT_PULL_REQUEST",
    show_envvar=True,
    help="Its number; without it, that of the one that the job is of.",
)
@click.option(
    "--name",
    default="",
    callback=_named,
    envvar="AUDITOR_COMMENT_NAME",
    show_envvar=True,
    help="What tells this comment from those of other checks on the same pull request, such as network.",
)
@click.option(
    "--only-news",
    is_flag=True,
    envvar="AUDITOR_COMMENT_ONLY_NEWS",
    show_envvar=True,
    help="Make no comment that only says that there is nothing; an earlier one is changed to say so.",
)
def command(file: Path, host: str | None, number: int | None, name: str, *, only_news: bool) -> None:
    """Keep the one comment with a check on a pull request up to date.

    FILE is what `auditor check … --output markdown=FILE` wrote. The token is read from GITHUB_TOKEN on
    GitHub and from AUDITOR_GITLAB_TOKEN on GitLab. Where it may not write, as on the pull request of a fork,
    that is said, in the job's summary too, and the exit code is 0.
    """
    from auditor.cli.console import show
    from auditor.cli.steps import warn
    from auditor.hosts.comments import HostRefused

    try:
        kept = _keep(file, _host(host), number, name, only_news=only_news)
    except HostRefused as refused:
        sentence = f"the comment on the pull request was not written: {refused}"
        warn(f"{sentence}; it may be that of a fork, or the job lacks the permission to write there.")
        _summarise(sentence)
        return
    if kept is None:
        show("this job is of no pull request, so there is no comment")
    else:
        show(" ".join(filter(None, (f"comment {kept.done}", kept.url))))


def _host(given: str | None) -> str:
    """Which host it is: the one that was named, else the one that runs the job."""
    running = [name for name, variable in _KNOWN_BY.items() if os.environ.get(variable)]
    if given is None and len(running) != 1:
        raise UsageError("this is no job of GitHub Actions or GitLab CI; say with --host where it is.")
    return given or running[0]


def _keep(file: Path, host: str, number: int | None, name: str, *, only_news: bool) -> "Kept | None":
    """Write the comment; None where the job is of no pull request."""
    import time

    from auditor.check.formats.markdown import MARK
    from auditor.files import read, reason
    from auditor.hosts.comments import keep_one, named
    from reports.text import MAX_COMMENT

    try:
        text = read(file, 1 << 20).decode()
    except (OSError, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{file} cannot be read ({why}); name what `auditor check` wrote.") from None
    try:
        body, mark = named(text, MARK, name, MAX_COMMENT)
    except UsageError as error:
        raise UsageError(f"{file}: {error}.") from None
    where = _pull_request(host, number)
    if where is None:
        return None
    return keep_one(where, body, mark, only_news=only_news, wait=time.sleep)


def _pull_request(host: str, number: int | None) -> "Host | None":
    if host == "gitlab":
        from auditor.hosts.gitlab import GitlabMergeRequest

        return GitlabMergeRequest.of(os.environ, number)
    from auditor.hosts.github import GithubPullRequest

    return GithubPullRequest.of(os.environ, number)


def _summarise(sentence: str) -> None:
    """Say it in the summary of a job of GitHub Actions, below what is there."""
    from reports.text import code_span

    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as target:
            target.write(f"\n{code_span(sentence, 400)}\n")

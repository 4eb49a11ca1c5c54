"""The one list of a check's formats.

From it follow the options `--format` and `--output`, the help of `auditor check` and docs/check-formats.md.
"""

from typing import Final

from auditor.check.formats.base import CheckFormat
from auditor.check.formats.github import GithubFormat
from auditor.check.formats.gitlab import GitlabFormat
from auditor.check.formats.json import JsonFormat
from auditor.check.formats.junit import JunitFormat
from auditor.check.formats.markdown import MarkdownFormat
from auditor.check.formats.run_task import RunTaskFormat
from auditor.check.formats.sarif import SarifFormat
from auditor.check.formats.terminal import TerminalFormat

#: In the order in which they are named; the first is what is printed where none is asked for.
FORMATS: Final[tuple[type[CheckFormat], ...]] = (
    TerminalFormat,
    JsonFormat,
    MarkdownFormat,
    SarifFormat,
    JunitFormat,
    GithubFormat,
    GitlabFormat,
    RunTaskFormat,
)

NAMES: Final = tuple(one.name for one in FORMATS)
BY_NAME: Final = {one.name: one for one in FORMATS}

"""The interface of a format of a check's result: it has a name, and makes one text of the result."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from auditor.check.result import CheckResult


@dataclass(frozen=True, slots=True)
class CheckSource:
    """What a format is given. Names and messages in the `result` are whatever a pull request has in them.

    Files below the folder `root` are named from there. `width` are columns (None: lines are not broken).
    `warn` takes each sentence for the user.
    """

    result: "CheckResult"
    warn: Callable[[str], object]
    root: str = ""
    width: int | None = None
    colour: bool = False


class CheckFormat(ABC):
    """One format. `name` is its word; `help` is one sentence; `warns` are the sentences that it may say.

    One that is `for_people` follows the terminal: its width, its colours, its encoding. One that
    `shows_simulations` says what a simulation does.
    """

    name: ClassVar[str]
    help: ClassVar[str]
    warns: ClassVar[tuple[str, ...]] = ()
    for_people: ClassVar[bool] = False
    shows_simulations: ClassVar[bool] = False

    @abstractmethod
    def render(self, source: CheckSource) -> bytes:
        """Make the text, in UTF-8. Equal sources give equal bytes."""


#: What a format says that leaves something out; in its text too.
CUT = "{name} shows the worst {shown:,} of {total:,} entries, as {host} takes no more; json has all of them."

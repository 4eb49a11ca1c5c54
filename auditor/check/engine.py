"""The engine of a check: it loads what is asked, and does so while the inputs are read."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from auditor.catalogue.load import Catalogue
from auditor.catalogue.moments import CHECK
from auditor.model.policy import Control
from auditor.model.settings import Settings
from auditor.rego.engine import Engine
from auditor.rego.load import open_engine
from auditor.threads import Beside


def asked(catalogue: Catalogue) -> list[Control]:
    """The controls that judge what is only declared."""
    return [control for control in catalogue.controls if CHECK in control.moments]


@contextmanager
def opening(catalogue: Catalogue, settings: Settings, *, whole: bool) -> Iterator[Callable[[], Engine]]:
    """Open the engine on a thread of its own, and close it at the end; what is given waits until it is open.

    All Rego is loaded if `whole`, else no control that is not asked: nobody hears what is wrong in it.
    What is given raises:
        UsageError: a policy is wrong.
        EngineError: the engine cannot load the policies or cannot be reached.
    """
    rego = catalogue.modules if whole else _rego(catalogue)
    opened = Beside(lambda: open_engine(settings.engine, rego, catalogue.data, url=settings.engine_url))
    try:
        yield opened.result
    finally:
        for engine in opened.results():
            engine.close()


def _rego(catalogue: Catalogue) -> Mapping[str, str]:
    others = {one.path for one in catalogue.controls} - {one.path for one in asked(catalogue)}
    return {path: rego for path, rego in catalogue.modules.items() if path not in others}

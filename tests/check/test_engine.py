"""The engine of a check."""

from dataclasses import replace

import pytest

from auditor.catalogue.load import Catalogue
from auditor.check.engine import asked, opening
from auditor.model.errors import EngineError, UsageError
from auditor.model.settings import Settings
from tests.check.conftest import AS_OF


def test_what_is_not_asked_is_loaded_only_where_all_is(catalogue: Catalogue) -> None:
    """Of two controls one is of the check, and the other one's Rego is wrong."""
    one = asked(catalogue)[0]
    other = next(control for control in catalogue.controls if "check" not in control.moments)
    libraries = {path: rego for path, rego in catalogue.modules.items() if path.startswith("lib/")}
    rego = {**libraries, one.path: catalogue.modules[one.path], other.path: "package nowhere\n"}
    two = replace(catalogue, controls=(one, other), modules=rego)

    with opening(two, Settings(as_of=AS_OF), whole=False) as engine:
        assert len(engine().ask(one.package, [{}])) == 1
        with pytest.raises((UsageError, EngineError)):
            engine().ask(other.package, [{}])
    with (
        opening(two, Settings(as_of=AS_OF), whole=True) as engine,
        pytest.raises(UsageError, match="package must be"),
    ):
        engine()

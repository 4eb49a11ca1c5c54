"""What tests ask a control about is told, whatever they come to."""

from auditor.catalogue.load import Catalogue
from auditor.rego.examples import Example, examples

PATH = "controls/coverage/bucket_versioned/bucket_versioned_test.rego"
TESTS = """package controls.coverage.bucket_versioned_test

import data.controls.coverage.bucket_versioned as control

test_two if {
	every one in ["enabled", "off"] { control.applicable with input as {"bucket": {"versioning": one}} }
	control.compliant with input as {"bucket": {"versioning": "enabled"}}
}

test_that_fails if {
	control.compliant with input as {"bucket": {"versioning": "suspended"}}
}

test_of_nothing if 1 == 1
"""


def test_each_input_is_told_once_with_its_test() -> None:
    """Also of a test that fails; a control without tests has none."""
    catalogue = Catalogue.load()
    controls = [one for one in catalogue.controls if one.id in ("BKP-COV-002", "BKP-ENC-002")]
    modules = {one.path: catalogue.modules[one.path] for one in controls}

    found = examples(modules, {PATH: TESTS}, catalogue.data, controls)

    def example(line: int, name: str, versioning: str) -> Example:
        return Example(PATH, line, name, {"bucket": {"versioning": versioning}})

    assert found == {
        "BKP-COV-002": [
            example(5, "test_two", "enabled"),
            example(5, "test_two", "off"),
            example(10, "test_that_fails", "suspended"),
        ],
        "BKP-ENC-002": [],
    }

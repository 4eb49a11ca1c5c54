"""How an operation is found: by its function's name."""

from typing import Any

import pytest

from auditor.executor.operations import named

NAMES = ("ListTags", "GetBackupPlanFromJSON")


def function(name: str, module: str) -> Any:
    """A function of that name in a module of that name."""

    def made(_service: Any, _scope: Any, _params: Any) -> None: ...

    made.__name__, made.__module__ = name, module
    return made


def test_an_operation_is_the_function_with_its_name_in_snake_case() -> None:
    """As boto3 writes it, words in capitals too."""
    plan, tags = function("get_backup_plan_from_json", "plans"), function("list_tags", "tags")

    assert named([tags, plan], NAMES) == {"GetBackupPlanFromJSON": plan, "ListTags": tags}


@pytest.mark.parametrize(
    ("functions", "told"),
    [
        (
            [("list_tag", "tags")],
            "tags.list_tag is no operation of AWS Backup; a helper takes other parameters",
        ),
        (
            [("list_tags", "tags"), ("list_tags", "plans")],
            "plans.list_tags is ListTags, and so is tags.list_tags",
        ),
    ],
)
def test_a_name_that_is_no_operations_and_one_given_twice(
    functions: list[tuple[str, str]], told: str
) -> None:
    """Nothing is offered until it is mended."""
    with pytest.raises(TypeError) as caught:
        named([function(*one) for one in functions], NAMES)

    assert str(caught.value) == told

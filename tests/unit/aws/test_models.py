"""Service models of sessions that only read."""

import pytest
from botocore.loaders import create_loader

from auditor.aws.base import new_session
from auditor.aws.models import reading, reading_loader
from auditor.aws.parsing import RawParserFactory
from auditor.aws.session import Caller, Sessions


def test_what_changes_something_is_left_out_with_the_shapes_that_only_it_uses() -> None:
    """Shapes are followed through structures, lists, maps and errors, also in a circle."""
    shapes = {
        "In": {"type": "structure", "members": {"Tree": {"shape": "Tree"}}},
        "Tree": {"type": "structure", "members": {"Below": {"shape": "Trees"}}},
        "Trees": {"type": "list", "member": {"shape": "Tree"}},
        "Out": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
        "Text": {"type": "string"},
        "Wrong": {"type": "structure", "members": {"Why": {"shape": "Reason"}}},
        "Reason": {"type": "string"},
        "Gone": {"type": "structure", "members": {"Text": {"shape": "Text"}}},
    }
    read = {
        "name": "ListX",
        "input": {"shape": "In"},
        "output": {"shape": "Out"},
        "errors": [{"shape": "Wrong"}],
    }
    model = {"metadata": {"a": 1}, "operations": {"ListX": read, "DeleteX": {"input": {"shape": "Gone"}}}}
    kept = {name: shape for name, shape in shapes.items() if name != "Gone"}
    assert reading(model | {"shapes": shapes}) == {
        "metadata": {"a": 1},
        "operations": {"ListX": read},
        "shapes": kept,
    }


@pytest.mark.parametrize("service", ["backup", "ec2", "kms", "rds", "s3"])
def test_a_model_is_the_services_own_otherwise(service: str) -> None:
    """Operations that read are as botocore has them; other data files are untouched; it is loaded once."""
    loader = create_loader()
    whole, read = (item.load_service_model(service, "service-2") for item in (loader, reading_loader(loader)))
    assert read["metadata"] == whole["metadata"]
    assert read["operations"].items() <= whole["operations"].items()
    assert read["shapes"].items() <= whole["shapes"].items()
    assert reading_loader(loader).load_service_model(service, "service-2") is read
    pages = reading_loader(loader).load_service_model(service, "paginators-1")
    assert pages == loader.load_service_model(service, "paginators-1")


def test_only_a_client_with_parsers_of_its_own_is_without_the_others() -> None:
    """Collecting can change nothing, by mistake or otherwise; pushing can."""
    session = new_session()
    session.set_credentials("access", "secret")
    caller = Caller("123456789012", "arn:aws:iam::123456789012:user/me", "aws")
    sessions = Sessions(session, caller, home_region="eu-west-1", role_name="Role")
    reader = sessions.reading(RawParserFactory({})).client("backup", "eu-west-1")
    writer = sessions.client("backup", "123456789012", "eu-west-1")
    assert (hasattr(reader, "list_backup_jobs"), hasattr(reader, "delete_recovery_point")) == (True, False)
    assert (hasattr(writer, "list_backup_jobs"), hasattr(writer, "delete_recovery_point")) == (True, True)

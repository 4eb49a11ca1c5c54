"""From a raw path to an operation."""

import pytest

from auditor.executor.api.errors import ServiceError
from auditor.executor.api.routes import OperationRouter, Route

ROUTER = OperationRouter(
    [
        Route("Describe", "GET", ("vaults", "{name}")),
        Route("List", "GET", ("vaults",)),
        Route("Shared", "GET", ("vaults", "shared")),
        Route("Points", "GET", ("vaults", "{name}", "points")),
        Route("Point", "GET", ("vaults", "{name}", "points", "{arn}")),
        Route("Metadata", "GET", ("vaults", "{name}", "points", "{arn}", "metadata")),
        Route("Create", "PUT", ("vaults", "{name}")),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/vaults", ("List", {})),
        ("GET", "/vaults/", ("List", {})),
        ("GET", "/vaults/a", ("Describe", {"name": "a"})),
        ("GET", "/vaults/a/", ("Describe", {"name": "a"})),
        ("GET", "/vaults/shared", ("Shared", {})),
        ("PUT", "/vaults/shared", ("Create", {"name": "shared"})),
        ("GET", "/vaults/a%2Fb/points", ("Points", {"name": "a/b"})),
        ("GET", "/vaults/a/points/arn%3Ax%2Fy%252F", ("Point", {"name": "a", "arn": "arn:x/y%2F"})),
        ("GET", "/vaults/a/points/arn:x/y/z", ("Point", {"name": "a", "arn": "arn:x/y/z"})),
        ("GET", "/vaults/a/points/arn:x/y/metadata", ("Metadata", {"name": "a", "arn": "arn:x/y"})),
        ("GET", "/vaults/a/points/arn:x/y/metadata/", ("Metadata", {"name": "a", "arn": "arn:x/y"})),
        ("GET", "/vaults/%C3%A9", ("Describe", {"name": "é"})),
    ],
)
def test_found(method: str, path: str, expected: tuple[str, dict[str, str]]) -> None:
    """Literals win, parameters are decoded once, and unescaped slashes belong to the ARN."""
    assert ROUTER.find(method, path) == expected


@pytest.mark.parametrize(
    ("method", "path", "code", "status"),
    [
        ("GET", "/", "UnknownOperationException", 404),
        ("GET", "/none", "UnknownOperationException", 404),
        ("POST", "/vaults", "UnknownOperationException", 404),
        ("GET", "/vaults/%ff", "InvalidParameterValueException", 400),
    ],
)
def test_not_found(method: str, path: str, code: str, status: int) -> None:
    """What is no operation is said to be none."""
    with pytest.raises(ServiceError) as caught:
        ROUTER.find(method, path)

    assert (caught.value.code, caught.value.status) == (code, status)

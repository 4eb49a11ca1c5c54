"""Catalogs on each database."""

from collections.abc import Iterator

import pytest

from auditor.executor.catalog.catalog import Catalog


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty catalog of the kind that the test asks for."""
    if request.param == "memory":
        return "sqlite://"
    if request.param == "file":
        return f"sqlite:///{request.getfixturevalue('tmp_path')}/catalog.db"
    return str(request.getfixturevalue("postgres_url"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run whatever takes a catalog on each database."""
    if "url" in metafunc.fixturenames:
        kinds = ["memory", "file", pytest.param("postgresql", marks=pytest.mark.postgres)]
        metafunc.parametrize("url", kinds, indirect=True)


@pytest.fixture
def catalog(url: str) -> Iterator[Catalog]:
    """An empty catalog."""
    opened = Catalog.open(url)
    yield opened
    opened.close()

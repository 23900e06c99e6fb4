"""What is run by hand, outside the check, can at least be started: it goes by the same helpers as the tests."""

import importlib

import pytest


@pytest.mark.parametrize(
    "name", ["tests.bench.__main__", "tests.crash.on_ext4", "tests.others.__main__", "tests.sandbox.__main__"]
)
def test_programs_beside_the_check_are_whole(name: str) -> None:
    """Each can be imported with all that it needs of the tests."""
    assert importlib.import_module(name).__name__ == name

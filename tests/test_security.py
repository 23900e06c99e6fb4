"""SECURITY.md says what the code does."""

import importlib
import re
from functools import reduce
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[1] / "SECURITY.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([^|]+) \| ([\d,]+)([^|]*) \| `([\w.]+)` \|$", TEXT, re.MULTILINE)


@pytest.mark.parametrize(("what", "figure", "where"), [(what, figure, where) for what, figure, _, where in ROWS])
def test_each_bound_is_that_of_the_code(what: str, figure: str, where: str) -> None:
    """A figure of the table is the constant that it names."""
    parts = where.split(".")
    deep = next(at for at, part in enumerate(parts) if not part.islower())  # constants and classes
    module, names = importlib.import_module(f"tasks.{'.'.join(parts[:deep])}"), parts[deep:]
    value = reduce(getattr, names, module)
    if not isinstance(value, int | float):  # a field's default
        settings = importlib.import_module("tasks.config.settings")
        value = getattr(settings.ImageSettings(), names[-1])
    assert value == int(figure.replace(",", "")), what


def test_every_bound_is_in_the_table() -> None:
    """Each limit on what strangers send that a module names is told: none is added in silence."""
    told = {where for *_, where in ROWS}
    limits = r"^((?:MAX|MOST|LONGEST)_\w+|\w+_BYTES|MEMORY|SCANNED|REDIRECTS) = "
    for name in (
        "storyboard.formats.columns",
        "domain.errors",
        "storyboard.formats.parquet",
        "media.image_formats",
        "storyboard.source",
        "transport.client",
        "transport.wire",
        "engine.poll",
        "media.probe",
        "media.looks.sampling",
        "media.looks.look",
        "engine.submit",
    ):
        source = (Path(__file__).parents[1] / "tasks" / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8")
        for found in re.findall(limits, source, re.MULTILINE):
            assert f"{name}.{found}" in told, found
    assert len(told) >= 28

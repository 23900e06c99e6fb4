"""Which format a file is, and which address a board has."""

import pytest

from tasks.storyboard.formats import ENDINGS, FORMATS, format_of
from tasks.storyboard.opening import exported, split_sheet
from tests.tasks.workbooks import workbook

SHEETS = "https://docs.google.com/spreadsheets/d"


@pytest.mark.parametrize(
    ("data", "name", "module"),
    [
        (b"prompt\na\n", "b.csv", "text"),
        (b"prompt\na\n", "b.xlsx", "text"),
        (b"prompt\na\n", "b.parquet", "parquet_table"),
        (workbook([["prompt"]]), "b.csv", "xlsx"),
        (b'\xef\xbb\xbf {"OTIO_SCHEMA": "Timeline.1"}', "b.json", "otio"),
        (b'{"shots": []}', "b.json", "text"),
        (b"TITLE: A\nFCM: NON-DROP FRAME\n", "b.txt", "cuts"),
        (b"TITLE: A\n\n", "b.edl", "cuts"),
        (b"TITLE: A,prompt\na,b\n", "b.csv", "text"),
        (b"<?xml version='1.0'?><fcpxml version='1.9'>", "b.xml", "cuts"),
        (b"<?xml version='1.0'?><html>", "b.csv", "text"),
    ],
)
def test_the_bytes_tell_the_format(data: bytes, name: str, module: str) -> None:
    """A file is what its bytes are, whatever its name says; the name tells where they leave it open."""
    assert format_of(data, name).module == module


def test_no_ending_is_given_twice() -> None:
    """An ending means one format, and each format has one."""
    assert len(set(ENDINGS)) == len(ENDINGS) >= len(FORMATS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("b.xlsx#Shots", ("b.xlsx", "Shots")),
        ("s3://x/b.ods#Act 1", ("s3://x/b.ods", "Act 1")),
        ("b#1.csv", ("b#1.csv", "")),
        ("b.xlsx#a/c.csv", ("b.xlsx#a/c.csv", "")),
        ("b.xlsx#", ("b.xlsx#", "")),
    ],
)
def test_the_sheet_of_a_name(name: str, expected: tuple[str, str]) -> None:
    """``#`` names a sheet behind the ending of a workbook, and is a letter elsewhere."""
    assert split_sheet(name) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{SHEETS}/abc_1/edit#gid=7", f"{SHEETS}/abc_1/export?format=csv&gid=7"),
        (f"{SHEETS}/abc_1/edit?usp=sharing", f"{SHEETS}/abc_1/export?format=csv"),
        (f"{SHEETS}/abc_1", f"{SHEETS}/abc_1/export?format=csv"),
        (f"{SHEETS}/e/2PACX-x/pubhtml?gid=3&single=true", f"{SHEETS}/e/2PACX-x/pub?output=csv&single=true&gid=3"),
        (f"{SHEETS}/e/2PACX-x/pubhtml", f"{SHEETS}/e/2PACX-x/pub?output=csv"),
        (f"{SHEETS}/e/2PACX-x/pub?output=xlsx", f"{SHEETS}/e/2PACX-x/pub?output=xlsx"),
        (f"{SHEETS}/abc_1/export?format=xlsx", f"{SHEETS}/abc_1/export?format=xlsx"),
        (f"{SHEETS}/abc_1/edit?gid=5#gid=7", f"{SHEETS}/abc_1/export?format=csv&gid=7"),
        (f"{SHEETS}/abc_1?usp=sharing", f"{SHEETS}/abc_1/export?format=csv"),
        (f"{SHEETS.replace('sheets/d', 'sheets/u/0/d')}/abc_1/edit#gid=7", f"{SHEETS}/abc_1/export?format=csv&gid=7"),
        (f"{SHEETS.replace('com/', 'com/a/x.org/')}/abc_1/edit", f"{SHEETS}/abc_1/export?format=csv"),
        (f"{SHEETS.replace('https', 'http')}/abc_1/edit", f"{SHEETS}/abc_1/export?format=csv"),
        ("https://example.org/b.csv", "https://example.org/b.csv"),
    ],
)
def test_a_google_sheet_is_read_by_its_export(url: str, expected: str) -> None:
    """The address that a browser shows is rewritten to that of the CSV; the tab that it shows is kept."""
    assert exported(url) == expected

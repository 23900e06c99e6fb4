"""The tables of a target as LibreOffice opens them, and as readers of Parquet that are not ours do."""

import subprocess
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.manifest import load_manifest
from tasks.manifest.files import TableHead, build_tables
from tasks.views.workbook import xlsx
from tests.others import office, tables
from tests.tasks.purchases import attempt, clip, result, shelf_of, shot

IDS = ("001", "1e5", "=x", "2026-11-27", "1/2", "12:30", "TRUE", "-7", "0x1F", "１２", "a, b; c", "Größe 港")
TEXT_COLUMNS = "/".join(f"{number}/2" for number in range(1, 90))  # what a person picks who wants cells as they stand
LISTED = f"44,34,76,1,{TEXT_COLUMNS},0,false"


def drive(python: str) -> int:
    """How many programs show the tables otherwise than they were written. ``python`` has polars and DuckDB."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written = _tables()
        for file, data in written.items():
            (folder / file).write_bytes(data)
        (folder / "manifest.xlsx").write_bytes(xlsx(load_manifest(written["manifest.json"])))
        failed = _shows(folder / "manifest.xlsx", list(IDS))
        failed += _shows(folder / "manifest.csv", [f"'{one}" if one[0] in "=-" else one for one in IDS], LISTED)
        program = [python, str(Path(tables.__file__))]
        for reader in tables.READERS:
            file = str(folder / "manifest.parquet")
            failed += subprocess.run([*program, reader, file], timeout=120, check=False).returncode != 0
    return failed


def _tables() -> dict[str, bytes]:
    """A target with a row for each id, the first four of which have clips."""
    results, history = [], []
    for number, name in enumerate(IDS):
        key = f"{number:016x}-1"
        facts: dict[str, Any] = {"shot": shot(name, scene="Hafen" if number < 3 else ""), "key": key}
        if number >= 4:
            results.append(result("skipped", **facts))
            continue
        made = attempt(key, charged=Decimal("0.40"), basis="reported", clip=clip(), settled_at="2026-11-20T10:01:02.5Z")
        history.append(made)
        results.append(result(made_by=made, clip=clip(), **facts))
    return build_tables(results, history, shelf_of(history), TableHead("run-1", "b.csv", "out"))


def _shows(file: Path, wanted: list[str], options: str = "") -> bool:
    """Whether LibreOffice shows other ids."""
    rows = office.cells(file, *([f"--infilter=CSV:{options}"] if options else []))
    found = [row[0] for row in rows[1:]]
    print(f"LibreOffice {file.name}: {'every id as typed' if found == wanted else f'FOUND {found}'}")
    return found != wanted

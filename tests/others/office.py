"""LibreOffice and our workbooks: what it writes is read, and what we write back opens in it with the same cells.

Run by `make others`, which installs it where it is not there: Debian's libreoffice-calc is 93 MB to fetch and 290 MB of
disk.
"""

import csv
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tasks.storyboard.formats.csv_back import OURS
from tasks.storyboard.opening import fill_board
from tests.tasks.boards import board

SECONDS = 180
BOARD = """Scene;Shot;Beschreibung;Dauer (s);Notiz
Hafen;001;Die Fähre dreht im Nebel;4,5;"zwei
Zeilen; ein ""Zitat"" so"
Hafen;002;Ein Tau schlägt auf den Kai;3;
"""
CELLS = {2: ("rendered", "clips/a.mp4", "1", "0.40", ""), 4: ("failed", "", "", "0.00", "=1+1 & <so>")}
TEXT = "44,34,76,1,,0,false,true,false"  # comma, quotes, UTF-8, from line 1, as shown
LISTED = "59,34,76,1,1/2/2/2/3/2/5/2,0,false"  # semicolon, quotes, UTF-8; columns that stay text


def main() -> int:
    """How many formats did not come back as they were."""
    _install()
    with tempfile.TemporaryDirectory() as folder:
        return sum(_differs(Path(folder), ending) for ending in ("xlsx", "ods"))


def _install() -> None:
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "libreoffice-calc"]
    for words in (["apt-get", "update", "-qq"], install) if shutil.which("soffice") is None else ():
        subprocess.run(words, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=True)


def _differs(folder: Path, ending: str) -> bool:
    """Whether a workbook that LibreOffice wrote is read, or written back, otherwise than it is seen."""
    source = folder / "board.csv"
    source.write_text(BOARD, encoding="utf-8")
    made = _converted(source, ending, f"--infilter=CSV:{LISTED}")
    data = made.read_bytes()
    found = [(s.shot_id, s.scene, s.prompt, str(s.seconds), s.row) for s in board(data, made.name).shots]
    wanted = [(s.shot_id, s.scene, s.prompt, str(s.seconds)) for s in board(BOARD).shots]
    same = [shot[:4] for shot in found] == wanted
    lines = [shot[4] for shot in found]
    filled = folder / f"filled.{ending}"
    filled.write_bytes(fill_board(data, made.name, {}, dict(zip(lines, CELLS.values(), strict=True))))
    before, after = cells(made), cells(filled)
    told = [list(OURS), *([_number(text) for text in line] for line in CELLS.values())]
    kept = [row[:5] for row in after] == before and [[_number(t) for t in row[5:]] for row in after] == told
    print(f"LibreOffice .{ending}: {'read' if same else f'READ {found}'}, {'written back' if kept else f'GOT {after}'}")
    return not (same and kept)


def _number(text: str) -> str:
    return f"{float(text):g}" if text.replace(".", "").isdigit() else text


def cells(workbook: Path, *options: str) -> list[list[str]]:
    """The cells of the first sheet, as LibreOffice shows them."""
    made = _converted(workbook, f"csv:Text - txt - csv (StarCalc):{TEXT}", *options)
    with made.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.reader(file) if any(row)]


def _converted(source: Path, kind: str, *options: str) -> Path:
    """A file as LibreOffice converts it, with a profile of its own."""
    out = source.parent / "out"
    profile = f"-env:UserInstallation=file://{source.parent}/profile"
    words = ["soffice", "--headless", "--norestore", profile, *options, "--convert-to", kind, "--outdir", str(out)]
    subprocess.run([*words, str(source)], timeout=SECONDS, check=True, capture_output=True)
    return out / f"{source.stem}.{kind.partition(':')[0]}"

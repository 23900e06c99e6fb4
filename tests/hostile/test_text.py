"""Text that would be something else where it is shown: a script, a link, a colour, a command to the terminal."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path
from typing import Any

import pytest

from flows.cli import display
from flows.support import artifacts
from tasks.domain import redaction
from tasks.domain.errors import Fault, StartError
from tasks.domain.progress import Progress
from tasks.domain.result import STATUSES
from tasks.manifest.rows import MANIFEST
from tests.conftest import without_settings
from tests.flows import SMALL, write_board
from tests.hostile import STORYREEL

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"
MARKDOWN = "# head **bold** [link](javascript:alert(1)) ![p](http://evil.example/p) `code` | cell | www.evil.example"
MARKUP = "[red]red[/red] [link=http://evil.example]click[/link] [bold not closed :smile:"
ESCAPES = "\x1b[2J\x1b]0;title\x07\x1b]8;;http://evil.example\x1b\\click\x9b31m\r\x08\u202egnp.exe"
ALL = f"{SCRIPT} {MARKDOWN} {MARKUP} {ESCAPES}"
MOVES = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def test_that_lines_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    """A plain line shows markup as it is written, and holds nothing that moves a terminal."""
    display.say(ALL)
    shown = capsys.readouterr().err
    assert MARKUP in shown and SCRIPT in shown and MARKDOWN in shown
    assert not MOVES.search(shown)


def test_that_progress_is_text() -> None:
    """So do the lines that Prefect logs, and what the live display says of a shot."""
    lines: list[str] = []
    progress = Progress(listen=lines.append)
    progress.line(f"sh010: {ALL}")
    progress.say("sh010", f"pixazo {ALL}\nmore")
    for told in (*lines, progress.flights["sh010"].says):
        assert MARKUP in told and not MOVES.search(told)
    assert "\n" not in progress.flights["sh010"].says


def test_that_faults_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    """A fault quotes header, cell and message without a control of theirs."""
    display.faults(StartError([Fault(2, "sh010", f"a{ESCAPES}", ALL, f"is wrong {ALL}")]))
    assert not MOVES.search(capsys.readouterr().err)


def test_that_artifacts_are_text() -> None:
    """No cell of an artifact is markdown, markup or a link: neither of markdown tables nor of table artifacts."""
    row: dict[str, Any] = dict.fromkeys(MANIFEST, ALL) | {"status": STATUSES[0], "duration_s": 4.0}
    [shown] = artifacts.manifest_rows([row])
    assert shown["duration_s"] == 4.0
    faults = artifacts.faults_text([Fault(2, "sh010", "prompt", ALL, ALL)])
    buckets = {"clips": 1, "charged_usd": "0.00", "wasted_usd": "0.00", "at_risk_usd": "0.00"}
    money = {name: {ALL: buckets} for name in ("by_provider", "by_scene", "by_mode")}
    costs = artifacts.costs_text({"totals": buckets | {"shots": 1}, **money})
    for cell in (shown["error"], shown["scene"], artifacts.cell(ALL), faults, costs):
        assert not MOVES.search(cell) and "www." not in cell and "://" not in cell
        assert not re.search(r"<script|<img|\]\(|javascript:|`code", cell)
    assert artifacts.cell("a_b: c@d") == "a&#95;b&#58; c&#64;d"


def test_that_a_terminal_stays_as_it_is(tmp_path: Path) -> None:
    """A plan at a real terminal shows ids and warnings with markup in them as they are written."""
    name = "[red]sh[/red] [link=http://evil.example]"
    rows = [{**SMALL, "shot_id": name, "prompt": MARKUP.replace("{", ""), "image": "[bold]x.png", "mode": "t2v"}]
    seen = CODES.sub("", _at_a_terminal(write_board(tmp_path / "board.csv", rows)))
    assert name in seen and "image '[bold]x.png' is not used" in seen


def _at_a_terminal(board: Path) -> str:
    """What ``storyreel plan`` writes to a terminal of 200 columns."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
    process = subprocess.Popen(
        [STORYREEL, "plan", str(board)], stdin=its, stdout=its, stderr=its, env={**without_settings(), "TERM": "xterm"}
    )
    os.close(its)
    seen = b""
    try:
        while piece := os.read(ours, 65536):
            seen += piece
    except OSError:  # the other end is closed
        pass
    finally:
        process.wait(60)
        os.close(ours)
    return seen.decode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://h/a.png?X-Amz-Signature=abc&x=1 is gone", "https://h/a.png?... is gone"),
        ("https://user:pw@h/a#frag", "https://h/a?..."),
        ("s3://key:secret@bucket/x", "s3://bucket/x"),
        (r'{"url":"https:\/\/h\/x?sig=12345678"}', r'{"url":"https:\/\/h\/x?..."}'),
        ("bad data:image/png;base64,AAAA== and data:text/html,<b>", "bad data:... and data:...<b>"),
        ("sig=abcdefgh", "sig=[cut]"),
        ("access_token: 'abcdefgh'", "access_token: '[cut]'"),
        ('"api_key": "abcdefgh"', '"api_key": "[cut]"'),
        ("Authorization: Bearer abcdefgh.ijk", "Authorization: Bearer [cut]"),
        ("x-amz-security-token=abcdefgh&x=1", "x-amz-security-token=[cut]&x=1"),
        ("Invalid key: no such model", "Invalid key: no such model"),
        ("takes 4, 8 or 12 seconds; tokens=8", "takes 4, 8 or 12 seconds; tokens=8"),
        ("sh010: pixazo:sora-2-pro accepted, job a:b", "sh010: pixazo:sora-2-pro accepted, job a:b"),
        ("https://h/plain/path", "https://h/plain/path"),
        ("zip://a.csv::https://t0ken@h/b.zip is gone", "zip://a.csv::https://h/b.zip is gone"),
    ],
)
def test_what_is_cut(text: str, shown: str) -> None:
    """Signatures, passwords, tokens and data URIs go, and what a person needs to read stays."""
    assert redaction.cut(text) == shown
    assert redaction.cut(shown).removesuffix("?...") == shown.removesuffix("?...")


def test_that_a_pin_tells_nothing() -> None:
    """What the ledger remembers a signed address by opens nothing, is another for another query, and stays the same."""
    signed, other = "https://u:p@h/a.png?sig=1", "https://h/a.png?sig=2"
    assert redaction.pin(signed).startswith("https://h/a.png?sha256=") and "sig" not in redaction.pin(signed)
    assert redaction.pin(redaction.pin(signed)) == redaction.pin(signed) != redaction.pin(other)
    assert redaction.pin("https://h/a.png") == "https://h/a.png"
    for opened in (
        "zip://a.png::https://t0ken@h/b.zip",
        "https://user:an@t0ken@h/a.png",
        "https://user:a t0ken@h/a.png",
    ):
        assert "t0ken" not in redaction.pin(opened)


KEY = "sk/live+7&MARKED=="


@pytest.mark.parametrize(
    "echo",
    [
        KEY,
        KEY.lower(),
        "sk%2Flive%2B7%26MARKED%3D%3D",
        "sk/live+7&amp;MARKED==",
        KEY.encode().hex(),
        *("c2svbGl2ZSs3Jk1BUktFRD09", "a2V5IHNrL2xpdmUrNyZNQVJLRUQ9PQ==", "a2U6c2svbGl2ZSs3Jk1BUktFRD09"),
        "".join(f"\\u{ord(letter):04x}" for letter in KEY),
    ],
)
def test_every_spelling_of_a_key_is_cut(echo: str) -> None:
    """As it is, in another case, in an address, in a page, in hex, in base64 at any place, in JSON's escapes."""
    body = f'{{"error": {{"message": "bad key {echo}"}}}}'.encode()
    clean = redaction.hidden_in(body, KEY)
    assert b"[cut]" in clean and b"error" in clean
    assert not re.search(rb"(?i)MARKED|1BUktFR|NQVJLRU|TUFSS0VE|\\u004d|4d41524b", clean)
    assert redaction.hidden_in(b'{"a": 1.50}', KEY) == b'{"a": 1.50}'
    assert redaction.hidden_in(b"not json " + KEY.encode() + b"\xff", KEY) == b"not json [cut]\xff"


def test_that_a_short_key_cuts_nothing() -> None:
    """A key of a few letters is a word that replies hold anyway: cutting it would break them."""
    assert redaction.hidden_in(b'{"id": "job_1"}', "job_1") == b'{"id": "job_1"}'

from decimal import Decimal
from typing import Any

import pytest

from tasks.domain.result import Attempt, ShotResult
from tasks.domain.takes import Shelf
from tasks.manifest.costs import books
from tasks.manifest.rows import ATTEMPTS, MANIFEST, attempt_rows, extra_names, mismatch, rows
from tests.tasks.purchases import attempt, bought, clip, result, shelf_of, shot


def only(one: ShotResult, history: list[Attempt], extras: tuple[str, ...] = ()) -> dict[str, Any]:
    (row,) = rows(books([one], history, shelf_of(history)), extras)
    return row


def test_columns_in_order() -> None:
    """Both tables have the promised columns in the promised order."""
    assert ", ".join(MANIFEST) == (
        "shot_id, scene, mode, status, provider, model, attempts, clip, sha256, bytes, width, height, fps, duration_s, "
        "requested_s, mismatch, frame, poster, quoted_usd, charged_usd, charge_basis, wasted_usd, at_risk_usd, "
        "error_class, error, job_id, submitted_at, finished_at, fingerprint, prompt, grade, take, takes, verdict, "
        "note, stale, qa, has_sound, container, origin, in_use_usd, alternates_usd, key"
    )
    assert ", ".join(ATTEMPTS) == (
        "shot_id, fingerprint, n, run_id, provider, model, outcome, error_class, error, job_id, sent_s, sent_size, "
        "quoted_usd, charged_usd, charge_basis, wasted_usd, at_risk_usd, submitted_at, settled_at, key, order_id, "
        "estimate_usd, in_use_usd, alternates_usd, started_from, qa"
    )


def test_row_of_a_clip() -> None:
    """The clip's facts are the file's, the provider's are those of the attempt that made it, money is the key's."""
    made = bought(1, job_id="job-1", settled_at="2026-11-20T10:05:00Z")
    late = attempt(n=2, provider="aimlapi", outcome="failed", charged=Decimal("0.20"), basis="price_list")
    row = only(result(made_by=made, clip=clip(), frame="frames/f.jpg"), [late, made])
    assert list(row) == list(MANIFEST)
    assert (row["provider"], row["job_id"], row["finished_at"]) == ("pixazo", "job-1", "2026-11-20T10:05:00Z")
    assert (row["attempts"], row["bytes"], row["duration_s"], row["requested_s"]) == (2, 1000, 8.0, 8.0)
    assert (row["quoted_usd"], row["charged_usd"], row["wasted_usd"]) == (*map(Decimal, ("1.60", "1.00", "0.20")),)
    assert (row["clip"], row["frame"], row["mismatch"]) == (clip().path, "frames/f.jpg", "")
    assert (row["grade"], row["take"], row["takes"], row["key"]) == ("final", 1, 1, made.key)
    assert (row["in_use_usd"], row["alternates_usd"], row["has_sound"]) == (Decimal("0.80"), Decimal(0), None)


def test_row_without_a_clip_tells_of_the_last_attempt() -> None:
    """Where no clip is, the last attempt speaks; empty numbers are None."""
    history = [attempt(n=2, provider="aimlapi", job_id="b"), attempt(n=1, job_id="a")]
    row = only(result("failed", error_class="Failed", error="no"), history)
    assert (row["provider"], row["job_id"], row["error_class"], row["error"]) == ("aimlapi", "b", "Failed", "no")
    assert (row["clip"], row["sha256"], row["bytes"], row["fps"], row["duration_s"]) == ("", "", None, None, None)
    assert (row["grade"], row["take"], row["takes"], row["has_sound"]) == ("", None, 0, None)


def test_row_never_tried() -> None:
    """A shot without an attempt has empty cells and zero money."""
    row = only(result("skipped"), [])
    assert (row["provider"], row["submitted_at"], row["charge_basis"], row["attempts"]) == ("", "", "", 0)
    assert row["charged_usd"] == row["at_risk_usd"] == Decimal(0)


@pytest.mark.parametrize(
    ("bases", "expected"),
    [
        ([("reported", "1"), ("free", "0")], "reported"),
        ([("reported", "1"), ("price_list", "1")], "price_list"),
        ([("unknown", "0"), ("reported", "1")], "reported"),
        ([("price_list", "1"), ("free", "0")], "price_list"),
        ([("free", "0"), ("unknown", "0")], "unknown"),
    ],
)
def test_charge_basis(bases: list[tuple[str, str]], expected: str) -> None:
    """A row's charge is as certain as the least certain charge in it."""
    history = [attempt(n=n, basis=basis, charged=Decimal(usd)) for n, (basis, usd) in enumerate(bases, 1)]
    assert only(result("failed"), history)["charge_basis"] == expected


@pytest.mark.parametrize(
    ("seconds", "width", "sent_s", "sent_size", "expected"),
    [
        (8.0, 1280, 8, "1280x720", ""),
        (7.2, 1280, 8, "1280x720", ""),
        (7.19, 1280, 8, "1280x720", "is 7.2 s long, 8 s were sent"),
        (12.0, 1280, 8, "1280x720", ""),
        (8.0, 640, 8, "1280x720", "is 640x720, 1280x720 was sent"),
        (4.0, 640, 8, "1280x720", "is 4.0 s long, 8 s were sent; is 640x720, 1280x720 was sent"),
        (8.0, 640, 8, "", ""),
    ],
)
def test_mismatch(seconds: float, width: int, sent_s: int, sent_size: str, expected: str) -> None:
    """A clip under 90 % of the seconds sent, or of another size, is marked in words."""
    made = attempt(seconds=Decimal(sent_s), size=sent_size)
    assert mismatch(clip(seconds=seconds, width=width), made) == expected


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (["notes", "n", "sent_s"], ["notes", "n", "sent_s"]),
        (["status", "Status"], ["board_status", "Status"]),
        (["key", "take", "n"], ["board_key", "board_take", "n"]),
        (["status", "board_status"], ["board_board_status", "board_status"]),
        (["board_status", "status"], ["board_status", "board_board_status"]),
        (["clip", "board_clip", "board_board_clip"], ["board_board_board_clip", "board_clip", "board_board_clip"]),
    ],
)
def test_extra_names(columns: list[str], names: list[str]) -> None:
    """A board's column keeps its name unless the manifest has it; no two columns end under one name."""
    assert list(extra_names(columns).values()) == names


def test_extras_come_last() -> None:
    """The board's further columns follow the manifest's in board order, empty where a row has none."""
    row = only(result(shot=shot(extras={"status": "mine", "n": "7"})), [], ("status", "n", "lens"))
    assert list(row)[len(MANIFEST) :] == ["board_status", "n", "lens"]
    assert (row["status"], row["board_status"], row["n"], row["lens"]) == ("rendered", "mine", "7", "")


def test_kept_row() -> None:
    """A kept row stands as it was: rendered becomes reused, money and attempts are the ledger's, extras the board's."""
    kept = {"shot_id": "old", "status": "rendered", "prompt": "as it was", "clip": clip().path, "width": 640}
    kept |= {"sha256": clip().sha256, "charged_usd": "9.99", "attempts": 9, "lens": "50mm", "gone": "x", "model": "m"}
    asked = shot("sh010", prompt="as it is", extras={"lens": "35mm", "new": "y"})
    row = only(result("skipped", shot=asked, kept=kept), [bought()], ("lens", "new"))
    assert (row["status"], row["prompt"], row["width"], row["model"]) == ("reused", "as it was", 640, "m")
    assert (row["charged_usd"], row["wasted_usd"], row["attempts"]) == (Decimal("0.80"), Decimal(0), 1)
    assert (row["shot_id"], row["lens"], row["new"], row["bytes"]) == ("sh010", "50mm", "", None)
    assert "gone" not in row


def test_attempt_rows() -> None:
    """Attempts stand by time, key and n, tell what was sent, and bear the id that their shot has today."""
    late, early = attempt(n=1, shot_id="was", submitted_at="2026-02"), attempt(n=2, submitted_at="2026-01")
    gone = attempt("bbbbbbbbbbbbbbbb-1", 1, shot_id="gone", submitted_at="2026-01", charged=Decimal(1))
    listed = attempt_rows(books([result("failed", shot=shot("now"))], [gone, late, early], Shelf()))
    assert [(one["shot_id"], one["n"]) for one in listed] == [("now", 2), ("gone", 1), ("now", 1)]
    assert list(listed[0]) == list(ATTEMPTS)
    assert (listed[0]["sent_s"], listed[0]["sent_size"], listed[1]["wasted_usd"]) == (8.0, "1280x720", Decimal(0))

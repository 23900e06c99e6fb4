"""What a person reads who is new to this: each thing once, by its reason, with what would be right."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.domain.money import usd_shown
from tests.flows import Ran, draw, write_board

Typed = Callable[..., Ran]
ROUTES = ("openrouter:bytedance/seedance-2.0", "fal:bytedance/seedance-2.0/text-to-video", "runway:seedance2")
KEYS = f"text_to_video = {list(ROUTES)}"
HD = {"duration": 4, "size": "1280x720"}


def _ten(folder: Path, **cells: object) -> Path:
    return write_board(folder / "board.csv", [{"prompt": f"wave {n}", **HD, **cells} for n in range(10)])


def _config(folder: Path, text: str) -> Path:
    (folder / "own.toml").write_text(text)
    return folder / "own.toml"


def test_ten_shots_without_a_key_are_one_line(typed: Typed, tmp_path: Path) -> None:
    """Missing keys are told once for all shots that need them; JSON has an entry for each."""
    config = _config(tmp_path, f"[chain]\n{KEYS}\n")
    ran = typed("plan", _ten(tmp_path), "--config", config, "--json")
    said = "no key for 3 gateways: set OPENROUTER_API_KEY, FAL_API_KEY or RUNWAY_API_KEY"
    assert (ran.code, [fault["message"] for fault in ran.told["errors"]]) == (2, [said] * 10)
    assert ran.err.splitlines()[0] == f"error: {said}; 10 shots: sh010, sh020, sh030, sh040 and 6 more"
    assert len(ran.err.splitlines()) == 2
    one = typed("plan", _ten(tmp_path), "--config", config, "--only", "sh010")
    assert one.err.splitlines() == [f"error: row 2, sh010, route: {said}"]


def test_a_config_that_says_little(typed: Typed, tmp_path: Path) -> None:
    """Without [chain] it has the default config's; columns alone are a whole config."""
    (tmp_path / "board.csv").write_text("Text,Dauer\nEin Boot,1\n")
    config = _config(tmp_path, '[columns]\nprompt = "Text"\n')
    ran = typed("plan", tmp_path / "board.csv", "--config", config, "--json")
    assert (ran.code, [shot["route"] for shot in ran.told["shots"]]) == (0, ["animatic:card"])


def test_a_mode_that_the_chain_leaves_out_is_one_line(typed: Typed, tmp_path: Path) -> None:
    """Ten shots of a mode without a route are one fault in words, with a line to add."""
    config = _config(tmp_path, '[chain]\ntext_to_video = ["animatic:card"]\n')
    ran = typed("plan", _ten(tmp_path, image=draw(tmp_path / "a.png", "teal")), "--config", config)
    said = '[chain] of own.toml has no route for image_to_video: add one, as in image_to_video = ["animatic:kenburns"]'
    assert ran.code == 2
    assert ran.err.splitlines()[0] == f"error: {said}; 10 shots: sh010, sh020, sh030, sh040 and 6 more"


@pytest.mark.parametrize("name", ["sh10", "SH010", "sh-10"])
def test_an_id_from_memory(typed: Typed, tmp_path: Path, name: str) -> None:
    """The id with the same number is suggested before one that merely looks alike."""
    rows = [{"shot_id": shot_id, "prompt": "a sail"} for shot_id in ("sh100", "sh110", "sh1", "sh010")]
    ran = typed("plan", write_board(tmp_path / "board.csv", rows), "--only", name)
    assert (ran.code, "did you mean sh010?" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("1.2096", "1.21"), ("2.4192", "2.42"), ("0", "0.00"), ("0.0042", "0.0042"), ("0.01", "0.01"), ("1.005", "1.01")],
)
def test_money_for_people(amount: str, shown: str) -> None:
    """Two decimals, unless that would hide what is less than a cent."""
    assert usd_shown(Decimal(amount)) == shown


def test_what_at_worst_means(typed: Typed, tmp_path: Path) -> None:
    """The worst case is explained where there is one, with two decimals; JSON keeps every one."""
    config = _config(tmp_path, f"[chain]\n{KEYS}\n")
    keys = {"OPENROUTER_API_KEY": "k", "FAL_API_KEY": "k"}
    ran = typed("plan", _ten(tmp_path), "--config", config, "--only", "sh010", **keys)
    last = "1 new, 0 rerender, 0 keep: 1.21 USD, 2.42 USD at worst (if every shot were paid at each route of its chain)"
    assert ran.out.splitlines()[-1] == last
    told = typed("plan", _ten(tmp_path), "--config", config, "--only", "sh010", "--json", **keys).told
    assert told["totals"]["quoted_usd"] == "1.2096"


def test_only_what_is_selected_is_told(typed: Typed, tmp_path: Path) -> None:
    """A row that is left alone has no warning in the plan."""
    rows = [{"shot_id": "a", "prompt": "a sail", **HD}, {"shot_id": "b", "prompt": "a sail", **HD, "duration": 5.5}]
    config = _config(tmp_path, f"[chain]\n{KEYS}\n")
    board = write_board(tmp_path / "board.csv", rows)
    keys = {"FAL_API_KEY": "k"}
    assert "5.5 s becomes 6 s" in typed("plan", board, "--config", config, **keys).out
    assert "5.5 s becomes 6 s" not in typed("plan", board, "--config", config, "--only", "a", **keys).out


def test_why_shots_were_skipped(typed: Typed, tmp_path: Path) -> None:
    """The closing summary and ``status`` say why shots have no clip, each reason once with its shots."""
    config = _config(tmp_path, f"[chain]\n{KEYS}\n")
    keys, film = {"FAL_API_KEY": "k"}, tmp_path / "film"
    ran = typed("render", _ten(tmp_path), "--to", film, "--config", config, "--budget", "1", **keys)
    said = "skipped: Budget: 1.2136 USD asked, 1.00 of 1.00 USD left"
    assert ran.code == 3
    assert f"{said}; 10 shots: sh010, sh020, sh030, sh040 and 6 more" in ran.out
    assert f"{said}; 10 shots: sh010, sh020, sh030, sh040 and 6 more" in typed("status", film).out
    first = typed("status", film, "--json").told["reasons"][0]
    assert ": ".join(first[name] for name in ("status", "error_class", "error")) == said

"""What a run shows in Prefect beside its task runs."""

from flows.support.artifacts import MOST_MARKED, marked_text


def test_marked_clips_stand_in_one_line() -> None:
    """Which clips in use look wrong, and why; what a board says is no markup; nothing where none is."""
    rows = [{"shot_id": "sh010", "qa": "black"}, {"shot_id": "sh020", "qa": ""}, {"shot_id": "*x*", "qa": "bars"}]
    said = marked_text(rows)
    assert said.startswith("2 clips in use look wrong: sh010 &#40;black&#41;")
    assert "*" not in said
    assert marked_text(rows[1:2]) == ""
    assert f"and {3} more" in marked_text([{"shot_id": str(n), "qa": "black"} for n in range(MOST_MARKED + 3)])

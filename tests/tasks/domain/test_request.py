"""The table of views, and what a choice of them comes to."""

from tasks.domain.request import VIEWS, ViewSelection, select_views


def test_the_views_of_the_table() -> None:
    """Names, files and defaults as users know them from options, forms and targets."""
    assert [(view.name, view.file, view.default) for view in VIEWS.values()] == [
        ("report", "report.html", True),
        ("timeline", "timeline.otio", True),
        ("reel", "reel.mp4", True),
        ("edl", "timeline.edl", False),
        ("fcpxml", "timeline.fcpxml", False),
        ("xlsx", "manifest.xlsx", False),
        ("xml", "timeline.xml", False),
        ("captions", "captions.srt", True),
    ]


def test_a_choice_by_name_holds_nothing_else() -> None:
    """What is not named is not made, whatever is made by default; nothing chosen leaves the defaults."""
    assert [view.name for view in select_views(["edl", "reel"]).chosen] == ["reel", "edl"]
    assert select_views([]).chosen == ()
    assert [view.name for view in ViewSelection().chosen] == [view.name for view in VIEWS.values() if view.default]

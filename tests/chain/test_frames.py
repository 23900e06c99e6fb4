"""A first and a last picture at the gateways that take both; where one does not, it is passed over with its reason."""

import pytest

from tests.chain.conftest import Studio
from tests.tasks.clips import plain

ROUTES = ["openrouter:bytedance/seedance-2.0", "fal:bytedance/seedance-2.0/image-to-video", "runway:seedance2"]


@pytest.mark.parametrize("route", ROUTES)
async def test_both_frames_arrive(studio: Studio, route: str) -> None:
    """The gateway checks both, makes the clip and bills what was quoted; the other route is never asked."""
    for name, colour in (("a.png", (200, 30, 30)), ("b.png", (30, 30, 200))):
        (studio.folder / name).write_bytes(plain(colour))
    chain = {"image_to_video": ["pixazo:sora-2-pro", route]}
    board = studio.board({"prompt": "x", "image": "a.png", "last_image": "b.png"})
    run = await studio.render(board, studio.config("pixazo", chain=chain))
    assert (run.code, len(run.orders())) == (0, 1), (run.errors, run.told)
    assert [call.gateway for call in run.orders()] == [route.partition(":")[0]]
    assert run.plan.shots[0].passed_over == ("pixazo:sora-2-pro: takes no last image",)
    assert len(list((studio.target / "frames").iterdir())) == 2

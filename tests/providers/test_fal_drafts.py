"""fal's drafts: a flag in the order, and a request that finishes it by its id."""

from dataclasses import replace
from decimal import Decimal

from tasks.config.catalogue import load_catalogue
from tasks.domain.model import Route
from tasks.domain.order import Order
from tasks.domain.shot import Size
from tasks.providers import fal
from tests.tasks.purchases import shot

DRAFT, FINAL = "fal:bytedance/seedance-2.5/text-to-video#draft", "fal:bytedance/seedance-2.5/draft/complete"


def order(route: str, **values: str) -> Order:
    size = Size(854, 480) if route == DRAFT else Size(1920, 1080)
    return replace(Order(shot(), Route(load_catalogue().model(route)), Decimal(4), size, "a cat"), **values)


def test_a_draft_is_ordered_at_its_models_address() -> None:
    """What tells our two entries apart is not sent."""
    request = fal.submit(order(DRAFT))
    assert request.url == "/bytedance/seedance-2.5/text-to-video"
    assert request.json == {"prompt": "a cat", "draft": True, "duration": "4", "aspect_ratio": "16:9"}


def test_its_id_is_sent_back() -> None:
    """The final is asked for by it alone."""
    request = fal.submit(order(FINAL, draft_id="d-7"))
    assert (request.url, request.json) == ("/bytedance/seedance-2.5/draft/complete", {"draft_id": "d-7"})

"""What a page shows is read when it has come, not at the first look: a busy machine draws later."""

import contextlib
from typing import Any

from playwright.sync_api import Page, TimeoutError, expect

expect.set_options(timeout=20_000)


def comes_to(page: Page, script: str, wanted: Any) -> None:
    """The script, a JavaScript function without parameters, gives what is wanted, now or within the page's time."""
    with contextlib.suppress(TimeoutError):
        page.wait_for_function(f"wanted => JSON.stringify(({script})()) === JSON.stringify(wanted)", arg=wanted)
    assert page.evaluate(script) == wanted

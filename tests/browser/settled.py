"""What a page shows is read when it has come, not at the first look: a busy machine draws later."""

from typing import Any

from playwright.sync_api import JSHandle, Page, TimeoutError, expect

expect.set_options(timeout=20_000)
EACH = 100  # milliseconds between two looks: a page behind another is drawn no more, so its frames are no clock


def wait_for(page: Page, script: str, arg: Any = None) -> JSHandle:
    """What the JavaScript function gives, once that counts as true.

    Raises ``TimeoutError`` when the page's time is over.
    """
    return page.wait_for_function(script, arg=arg, polling=EACH)


def settled(page: Page, script: str, wanted: Any) -> Any:
    """What the script, a JavaScript function without parameters, gives once that is what is wanted, or when the page's
    time is over."""
    looked = (
        f"wanted => {{ const now = ({script})(); return JSON.stringify(now) === JSON.stringify(wanted) && {{ now }} }}"
    )
    try:
        return wait_for(page, looked, wanted).json_value()["now"]
    except TimeoutError:
        return page.evaluate(script)

"""DashScope: its errors come under HTTP 200 as well, and mean the same."""

import pytest

from tests.chain.conftest import Studio

ROUTE = "dashscope:wan3.0-video"
CODES = {
    "Throttling.RateQuota": "busy",
    "InvalidParameter": "refused",
    "ModelNotFound": "refused",
    "InvalidApiKey": "locked",
    "Arrearage": "locked",
    "DataInspectionFailed": "moderated",
    "InternalError.Timeout": "unclear",
}


@pytest.mark.parametrize("code", CODES)
async def test_an_error_under_200_is_read_by_its_code(studio: Studio, code: str) -> None:
    """What was not accepted costs nothing; what nobody knows is at risk, and is ordered once."""
    body = {"code": code, "message": "its words", "request_id": "1"}
    studio.faults({"gateway": "dashscope", "status": 200, "body": body})
    outcome = await studio.one(ROUTE)
    assert {told[:2] for told in outcome.told} == {("dashscope", CODES[code])}
    assert len(outcome.orders()) == (4 if CODES[code] == "busy" else 1)
    at_risk = sum(one["at_risk_usd"] for one in outcome.attempts)
    assert bool(at_risk) == (CODES[code] == "unclear") and outcome.money() == studio.box.billed() == 0


async def test_a_task_whose_id_is_gone_is_not_taken_for_failed(studio: Studio) -> None:
    """It is asked after until the deadline, its quote at risk; nothing else is bought in its place there."""
    studio.faults({"gateway": "dashscope", "do": "shape", "shape": "gone"})
    outcome = await studio.one(ROUTE, env=studio.env(dashscope={"deadline_s": 6}))
    [attempt] = outcome.attempts
    assert (attempt["outcome"], attempt["at_risk_usd"]) == ("overdue", attempt["quoted_usd"])
    assert "unknown" in outcome.row["error"]

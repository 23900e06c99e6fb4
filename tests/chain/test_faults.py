"""Every fault that a gateway can have, and what the user is left with: attempts, money, status, exit code.

Each shot is ordered at the gateway under test; AI Video API is the chain's next route where there is one.
"""

from typing import Any

import pytest

from tasks.domain.progress import Progress
from tasks.session.session import Session
from tests.chain.conftest import PRICE, Studio, shots

Told = tuple[str, str, str, str, str]
Fault = dict[str, Any]
NEXT: Told = ("aivideoapi", "clip", "", "0.50", "0.00")


def clip(gateway: str) -> Told:
    return (gateway, "clip", "", f"{PRICE[gateway]:.2f}", "0.00")


def free(gateway: str, outcome: str) -> Told:
    return (gateway, outcome, outcome.capitalize(), "0.00", "0.00")


def risked(gateway: str, outcome: str = "unclear", word: str = "Unclear") -> Told:
    return (gateway, outcome, word, "0.00", f"{PRICE[gateway]:.2f}")


# ------------------------------------------------------------------------------------------ the reply to an order

BUSY: dict[str, tuple[str, Fault]] = {
    "429 at aigateway": ("aigateway", {"kind": "rate"}),
    "429 at aimlapi": ("aimlapi", {"kind": "rate"}),
    "429 at aivideoapi": ("aivideoapi", {"kind": "rate"}),
    "429 at pixazo": ("pixazo", {"kind": "rate"}),
    "429 in seconds": ("pixazo", {"status": 429, "retry_after": "3"}),
    "429 by date": ("pixazo", {"status": 429, "retry_after": "date:+3"}),
    "429 of no sense": ("pixazo", {"status": 429, "retry_after": "soon"}),
    "503": ("pixazo", {"kind": "busy"}),
    "503 in seconds": ("aigateway", {"kind": "busy", "retry_after": "1"}),
    "503 at aivideoapi": ("aivideoapi", {"kind": "busy"}),
    "aigateway's own 500": ("aigateway", {"kind": "server_error"}),
}


@pytest.mark.parametrize("name", list(BUSY))
async def test_busy_is_tried_again_at_the_same_route(studio: Studio, name: str) -> None:
    """Nothing was accepted: an attempt at 0, free, then the same route once more, which delivers."""
    gateway, fault = BUSY[name]
    studio.faults(fault | {"times": 1})
    outcome = await studio.one(gateway)
    assert outcome.told == [free(gateway, "busy"), clip(gateway)]
    assert (outcome.code, outcome.row["status"], outcome.row["attempts"]) == (0, "rendered", 2)
    assert outcome.attempts[0]["charge_basis"] == "free" and outcome.money() == studio.box.billed()


async def test_a_shot_that_waits_for_a_busy_gateway_says_so(studio: Studio) -> None:
    """The display tells how often it was turned away, until it is ordered again; never that it is ordered meanwhile."""
    studio.faults({"gateway": "pixazo", "kind": "busy", "times": 2})
    said: list[str] = []

    class Heard(Progress):
        def say(self, shot_id: str, text: str) -> None:
            said.append(text)

    def listen(session: Session) -> None:
        session.progress = Heard()

    await studio.render(studio.board("a boat"), studio.config("pixazo"), tamper=listen)
    busy = [f"pixazo:sora-2-pro busy, tried {n} of 4 times" for n in (1, 2)]
    ordered = "pixazo:sora-2-pro ordered"
    assert said[:5] == [ordered, busy[0], ordered, busy[1], ordered]


REFUSED: dict[str, tuple[str, Fault]] = {
    **{f"{status}": ("pixazo", {"status": status}) for status in (400, 404, 405, 409, 410, 413, 415, 422)},
    "400 with words": ("aigateway", {"kind": "bad_request", "message": "prompt is too long"}),
    "307": ("pixazo", {"status": 307}),
    "308": ("pixazo", {"status": 308}),
    "model gone at aigateway": ("aigateway", {"kind": "model_gone"}),
    "model gone at aimlapi": ("aimlapi", {"kind": "model_gone"}),
    "model gone at pixazo": ("pixazo", {"kind": "model_gone"}),
}
LOCKED: dict[str, tuple[str, Fault]] = {
    **{f"{status}": ("pixazo", {"status": status}) for status in (401, 402, 403)},
    **{f"bad key at {g}": (g, {"kind": "auth"}) for g in ("aigateway", "aimlapi", "pixazo")},
    **{f"no money at {g}": (g, {"kind": "out_of_money"}) for g in ("aigateway", "aimlapi", "pixazo")},
    "cap at aigateway": ("aigateway", {"kind": "spend_limit"}),
    "free tier at aimlapi, a 429": ("aimlapi", {"kind": "spend_limit"}),
}


@pytest.mark.parametrize("name", list(REFUSED))
async def test_refused_goes_to_the_next_route_at_no_cost(studio: Studio, name: str) -> None:
    """Asking again would change nothing: one attempt at 0, free, then the next route."""
    gateway, fault = REFUSED[name]
    studio.faults({"gateway": gateway, **fault})
    outcome = await studio.one(gateway, "aivideoapi")
    assert outcome.told == [free(gateway, "refused"), NEXT]
    assert (outcome.code, outcome.row["provider"]) == (0, "aivideoapi") and outcome.money() == studio.box.billed()


@pytest.mark.parametrize("gateway", ["aigateway", "aimlapi", "pixazo"])
async def test_a_model_that_is_gone_is_asked_for_once_in_a_run(studio: Studio, gateway: str) -> None:
    """The first shot learns it, the others go straight to the next route, and a line says why."""
    studio.faults({"gateway": gateway, "kind": "model_gone"})
    config = studio.config(gateway, "aivideoapi", render={"concurrency": 1})
    outcome = await studio.render(studio.board(*shots(4)), config)
    assert outcome.statuses() == {"rendered": 4} and len(outcome.orders(gateway)) == 1
    assert any("is out for this run" in line for line in outcome.lines)


@pytest.mark.parametrize("name", list(LOCKED))
async def test_locked_takes_the_gateway_out_for_the_run(studio: Studio, name: str) -> None:
    """Key or credit: the first shot learns it at no cost, the others go straight to the next route."""
    gateway, fault = LOCKED[name]
    studio.faults({"gateway": gateway, **fault})
    config = studio.config(gateway, "aivideoapi", render={"concurrency": 1})
    outcome = await studio.render(studio.board(*shots(3)), config)
    assert outcome.told == [free(gateway, "locked"), NEXT, NEXT, NEXT]
    assert outcome.code == 0 and outcome.money() == studio.box.billed()
    assert any(line.startswith(f"{gateway} is out for this run") for line in outcome.lines)


async def test_a_spend_limit_that_comes_as_429_is_not_waited_for(studio: Studio) -> None:
    """AI Video API's spend limit is a 429 by status and Locked by its code."""
    studio.faults({"kind": "spend_limit", "gateway": "aivideoapi"})
    outcome = await studio.one("aivideoapi", "pixazo")
    assert outcome.told == [free("aivideoapi", "locked"), clip("pixazo")] and max(outcome.hours.slept) < 1


FRONTS = ("envoy-reset", "envoy-nobody", "nginx-503", "cloudflare-page-503", "cloudflare-522", "alb-503", "google-503")
UNCLEAR: dict[str, tuple[str, Fault]] = {
    "lost before acceptance": ("pixazo", {"do": "lost_before"}),
    "lost after acceptance": ("pixazo", {"do": "lost_after"}),
    "lost after acceptance at aigateway": ("aigateway", {"do": "lost_after"}),
    "silence": ("pixazo", {"do": "hang", "seconds": 3}),
    "a web page with 200": ("pixazo", {"do": "html"}),
    "a web page with 200, accepted": ("pixazo", {"do": "html", "accepted": True}),
    "a web page with 500": ("pixazo", {"do": "html", "status": 500}),
    "a web page with 500 at aigateway": ("aigateway", {"do": "html", "status": 500}),
    "a web page with 502": ("aigateway", {"do": "html", "status": 502}),
    "a web page with 502, accepted": ("aimlapi", {"do": "html", "status": 502, "accepted": True}),
    "a web page with 503": ("pixazo", {"do": "html", "status": 503}),
    "a 503 without a word": ("pixazo", {"status": 503}),
    "a 503 without a word, with a time": ("aigateway", {"status": 503, "retry_after": "1"}),
    "302": ("pixazo", {"do": "redirect"}),
    "301": ("aimlapi", {"status": 301}),
    "303": ("aigateway", {"status": 303}),
    **{f"{front}, accepted": ("pixazo", {"do": "front", "front": front, "accepted": True}) for front in FRONTS},
    "Envoy's, accepted, with a time": (
        "aigateway",
        {"do": "front", "front": "envoy-reset", "accepted": True, "retry_after": "1"},
    ),
    "408": ("pixazo", {"status": 408}),
    "500": ("pixazo", {"kind": "server_error"}),
    "500 at aimlapi": ("aimlapi", {"kind": "server_error"}),
    "504, accepted": ("pixazo", {"status": 504, "accepted": True}),
    "half a JSON object": ("pixazo", {"do": "malformed"}),
    "half a JSON object at aimlapi": ("aimlapi", {"do": "malformed"}),
    "2xx without an id": ("pixazo", {"kind": "no_id"}),
    "2xx without an id at aigateway": ("aigateway", {"kind": "no_id"}),
    "2xx with a list": ("pixazo", {"status": 200, "body": [1]}),
    "2xx without a byte": ("pixazo", {"status": 202}),
    "2xx larger than any honest one": ("pixazo", {"status": 200, "body": "x" * 5_000_000}),
}


@pytest.mark.parametrize("name", list(UNCLEAR))
async def test_a_lost_reply_is_unclear_and_never_asked_for_again(studio: Studio, name: str) -> None:
    """One POST, its quote at risk, then the next route; the shot's row shows both sums."""
    gateway, fault = UNCLEAR[name]
    studio.faults({"gateway": gateway, **fault})
    # no shorter than a busy machine may take to connect: what ends before that is free, and asked again
    env = studio.env(**{gateway: {"submit_timeout_s": 2}} if name == "silence" else {})
    outcome = await studio.one(gateway, "aivideoapi", env=env)
    assert outcome.told == [risked(gateway), NEXT]
    assert (outcome.code, outcome.row["status"], outcome.row["provider"]) == (0, "rendered", "aivideoapi")
    assert (outcome.row["charged_usd"], outcome.row["at_risk_usd"]) == (PRICE["aivideoapi"], PRICE[gateway])
    assert outcome.attempts[0]["charge_basis"] == "unknown"


async def test_an_unclear_code_in_a_good_reply_is_read_before_its_status(studio: Studio) -> None:
    """AI Video API's 200 with ``code: 500`` and no task is unclear, not accepted."""
    studio.faults({"gateway": "aivideoapi", "kind": "no_id"})
    outcome = await studio.one("aivideoapi", "pixazo")
    assert outcome.told == [risked("aivideoapi"), clip("pixazo")]


# ----------------------------------------------------------------------------------------------- content policy

POLICY = ("aigateway", "aimlapi", "aivideoapi", "pixazo")
LATER = {  # said by the job's end: what the gateway tells of the charge
    "aigateway": ("0.00", "0.00"),
    "aimlapi": ("0.00", "1.56"),
    "aivideoapi": ("0.00", "0.00"),
    "pixazo": ("0.00", "1.50"),
}


def other(gateway: str) -> str:
    return "pixazo" if gateway == "aivideoapi" else "aivideoapi"


@pytest.mark.parametrize("gateway", POLICY)
async def test_a_refused_prompt_goes_to_no_other_gateway(studio: Studio, gateway: str) -> None:
    """Content policy stops the shot as ``refused``: exit 1, nothing charged, nobody else asked."""
    studio.faults({"gateway": gateway, "kind": "moderated"})
    outcome = await studio.one(gateway, other(gateway))
    assert outcome.told == [free(gateway, "moderated")]
    assert (outcome.code, outcome.row["status"], outcome.row["error_class"]) == (1, "refused", "Moderated")
    assert outcome.row["error"] and len(outcome.orders()) == 1


@pytest.mark.parametrize("gateway", POLICY)
async def test_a_job_that_policy_ends_is_refused_too(studio: Studio, gateway: str) -> None:
    """Said by the job's end, it stops the shot as well; the money is what the gateway documents of failed jobs."""
    studio.faults({"gateway": gateway, "do": "moderated_async"})
    outcome = await studio.one(gateway, other(gateway))
    assert outcome.told == [(gateway, "moderated", "Moderated", *LATER[gateway])]
    assert (outcome.code, outcome.row["status"]) == (1, "refused")


@pytest.mark.parametrize("fault", ["moderated", "moderated_async"])
async def test_a_refused_prompt_goes_on_where_the_config_says_so(studio: Studio, fault: str) -> None:
    """``on_moderated = "next"`` takes the prompt to the next route."""
    studio.faults({"gateway": "aigateway", "do": fault})
    outcome = await studio.one("aigateway", "pixazo", render={"on_moderated": "next"})
    assert outcome.told == [free("aigateway", "moderated"), clip("pixazo")] and outcome.code == 0


async def test_a_prompt_that_all_refuse_is_refused(studio: Studio) -> None:
    """With ``on_moderated = "next"`` the last refusal counts."""
    studio.faults({"kind": "moderated"})
    outcome = await studio.one("aigateway", "pixazo", render={"on_moderated": "next"})
    assert (outcome.code, outcome.row["status"], len(outcome.attempts)) == (1, "refused", 2)


async def test_refused_stays_refused_until_somebody_names_the_shot(studio: Studio) -> None:
    """The next run makes no call for it; ``--rerender`` tries it again."""
    studio.faults({"kind": "moderated"})
    config, board = studio.config("aigateway"), studio.board("x")
    await studio.render(board, config)
    studio.faults()
    second = await studio.render(board, config)
    assert (second.code, second.row["status"], second.row["error_class"], second.calls) == (
        1,
        "refused",
        "Moderated",
        [],
    )
    third = await studio.render(board, config, rerender=("sh010",))
    assert (third.code, third.row["status"]) == (0, "rendered")


# ------------------------------------------------------------------------------------------------ asking after a job

POLLS: dict[str, Fault] = {
    **{f"{status}": {"status": status} for status in (400, 401, 402, 403, 404, 408, 409, 429, 500, 502, 503)},
    "304": {"status": 304},
    "429 with a day of Retry-After": {"status": 429, "retry_after": "86400"},
    "bad key": {"kind": "auth"},
    "no such job": {"kind": "not_found"},
    "policy by status": {"kind": "moderated"},
    "a web page": {"do": "html"},
    "a web page with 502": {"do": "html", "status": 502},
    "half a JSON object": {"do": "malformed"},
    "lost": {"do": "lost_before"},
    "silence": {"do": "hang", "seconds": 3},
    "redirect": {"do": "redirect"},
    "a reply larger than any honest one": {"status": 200, "body": "x" * 5_000_000},
    "a status that is no text": {"status": 200, "body": {"status": ["COMPLETED"]}},
    "an unknown status word": {"do": "unknown_status", "word": "warming_up"},
    "no address": {"do": "no_url"},
    "an address that is none": {"do": "url", "url": "ftp://x/y.mp4"},
    "an address in a private net": {"do": "url", "url": "https://10.0.0.1/y.mp4"},
    "an address of a cloud's secrets": {"do": "url", "url": "http://169.254.169.254/latest"},
}


@pytest.mark.parametrize("name", list(POLLS))
async def test_trouble_while_polling_does_not_end_a_job(studio: Studio, name: str) -> None:
    """Only the gateway's own final word does: the job is asked again and delivers, bought once."""
    studio.faults({"phase": "poll", **POLLS[name], "times": 2})
    env = studio.env(pixazo={"stall_timeout_s": 0.3} if name == "silence" else {})
    outcome = await studio.one("pixazo", "aivideoapi", env=env)
    assert outcome.told == [clip("pixazo")] and len(outcome.orders()) == 1
    assert (outcome.code, outcome.row["status"]) == (0, "rendered") and outcome.money() == studio.box.billed()
    assert len(outcome.calls) >= 1 + 3  # the order, two polls gone wrong, and the one that told


OVERDUE: dict[str, Fault] = {
    "stuck": {"do": "stuck"},
    "a word that no document names": {"do": "unknown_status", "times": 1_000_000},
    "lost polls": {"phase": "poll", "do": "lost_before"},
    "polls answered 401": {"phase": "poll", "status": 401},
    "no address": {"do": "no_url"},
    "an address in a private net": {"do": "url", "url": "https://192.168.1.1/y.mp4"},
    "a host that is nowhere": {"do": "url", "url": "https://nowhere.invalid/y.mp4"},
    "a redirect into a private net": {"do": "redirect", "phase": "media", "url": "http://10.0.0.1/y.mp4"},
    "an address that is gone": {"do": "status", "phase": "media", "status": 404},
    "a forbidden download": {"do": "status", "phase": "media", "status": 403},
    "every address expired": {"do": "expired"},
    "every download cut short": {"do": "truncated"},
}


@pytest.mark.parametrize("name", list(OVERDUE))
async def test_past_its_deadline_a_job_is_overdue_and_the_next_route_is_paid(studio: Studio, name: str) -> None:
    """The job stays unsettled, its quote at risk; it was ordered once."""
    studio.faults({"gateway": "pixazo", **OVERDUE[name]})
    env = studio.env(pixazo={"deadline_s": 60, "poll_every_s": 8, "poll_max_s": 30})
    started = studio.hours.now
    outcome = await studio.one("pixazo", "aivideoapi", env=env)
    assert outcome.told == [risked("pixazo", "overdue"), NEXT]
    assert (outcome.code, outcome.row["provider"], outcome.row["at_risk_usd"]) == (0, "aivideoapi", PRICE["pixazo"])
    assert 60 <= studio.hours.now - started < 62


async def test_overdue_at_the_end_of_the_chain_is_a_failed_shot(studio: Studio) -> None:
    """Exit 1, ``failed``, ``Unclear``, and the deadline stands in the reason."""
    studio.faults({"do": "stuck"})
    outcome = await studio.one("pixazo", env=studio.env(pixazo={"deadline_s": 2}))
    assert (outcome.code, outcome.row["status"], outcome.row["error_class"]) == (1, "failed", "Unclear")
    assert "did not finish within 2 s" in outcome.row["error"] and outcome.row["job_id"]


# ------------------------------------------------------------------------------------------------------ downloads

DOWNLOADS: dict[str, Fault] = {
    "expired": {"do": "expired"},
    "404": {"do": "status", "status": 404},
    "403": {"do": "status", "status": 403},
    "500": {"do": "status", "status": 500},
    "206": {"do": "status", "status": 206},
    "cut short": {"do": "truncated"},
    "half a file": {"do": "short"},
    "a web page as video": {"do": "wrong"},
    "a web page": {"do": "html"},
    "empty": {"do": "empty"},
    "too slow": {"do": "slow", "seconds": 3},
    "lost": {"do": "lost_before"},
    "silence": {"do": "hang", "seconds": 3},
    "redirect to a private host": {"do": "redirect", "url": "http://10.0.0.1/x.mp4"},
    "redirect to a file": {"do": "redirect", "url": "file:///etc/passwd"},
}


@pytest.mark.parametrize("name", list(DOWNLOADS))
async def test_a_bad_download_is_asked_for_afresh_and_nothing_bought_again(studio: Studio, name: str) -> None:
    """After a first download that failed the job is asked once more for its address: one order, one charge."""
    studio.faults({"phase": "media", **DOWNLOADS[name], "times": 1})
    hurry = {"too slow": {"download_timeout_s": 0.3}, "silence": {"stall_timeout_s": 0.3}}
    env = studio.env(pixazo=hurry.get(name, {}))
    outcome = await studio.one("pixazo", "aivideoapi", env=env)
    assert outcome.told == [clip("pixazo")] and len(outcome.orders()) == 1 and outcome.code == 0
    polls = [call for call in outcome.calls if not call.order]
    assert len(polls) >= 2 and outcome.money() == studio.box.billed()


async def test_a_redirect_to_an_allowed_host_is_followed(studio: Studio) -> None:
    """A download that is redirected within the gateway's media host arrives."""
    studio.faults({"phase": "media", "do": "redirect"})
    outcome = await studio.one("pixazo")
    assert outcome.code == 0 and len([call for call in outcome.calls if not call.order]) == 1


@pytest.mark.parametrize("do", ["wrong", "short", "empty"])
@pytest.mark.parametrize("gateway", ["aigateway", "aimlapi", "pixazo"])
async def test_a_clip_that_is_no_video_to_the_end_is_a_failed_job_that_was_charged(
    studio: Studio, gateway: str, do: str
) -> None:
    """The gateway delivered, so its charge is booked, as waste, whatever it says of failed jobs; next route."""
    studio.faults({"gateway": gateway, "phase": "media", "do": do})
    outcome = await studio.one(gateway, "aivideoapi")
    assert outcome.told == [(gateway, "failed", "Failed", f"{PRICE[gateway]:.2f}", "0.00"), NEXT]
    assert outcome.attempts[0]["wasted_usd"] == PRICE[gateway] == outcome.row["wasted_usd"]
    assert outcome.attempts[0]["charge_basis"] == ("reported" if gateway == "aimlapi" else "price_list")
    assert outcome.code == 0 and outcome.money() == studio.box.billed()


async def test_a_result_over_the_cap_is_not_taken(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file larger than any clip may be never came whole: overdue; with the cap as it is the same file is taken."""
    with monkeypatch.context() as small:
        small.setattr("tasks.engine.poll.CLIP_BYTES", 1000)
        outcome = await studio.one("pixazo")
    assert outcome.told == [risked("pixazo", "overdue")] and outcome.code == 1
    assert "at most 1000 are taken" in outcome.row["error"]
    assert (await studio.one("pixazo", prompt="y")).code == 0


# ------------------------------------------------------------------------------------------------------ failed jobs


@pytest.mark.parametrize("gateway", ["aigateway", "aivideoapi"])
async def test_failed_is_tried_once_more_where_it_is_documented_as_free(studio: Studio, gateway: str) -> None:
    """A free failure is followed by one more order at the same route, which delivers."""
    studio.faults({"gateway": gateway, "do": "failed", "times": 1, "per": "all"})
    outcome = await studio.one(gateway)
    assert outcome.told == [free(gateway, "failed"), clip(gateway)] and outcome.code == 0


async def test_failed_twice_goes_to_the_next_route(studio: Studio) -> None:
    """Once more and no further."""
    studio.faults({"gateway": "aigateway", "do": "failed"})
    outcome = await studio.one("aigateway", "aivideoapi")
    assert outcome.told == [free("aigateway", "failed")] * 2 + [NEXT] and outcome.money() == studio.box.billed()


async def test_error_at_pixazo_is_free_by_its_own_word(studio: Studio) -> None:
    """Pixazo's ERROR is documented as not charged: free, and tried once more."""
    studio.faults({"gateway": "pixazo", "do": "error", "times": 1, "per": "all"})
    outcome = await studio.one("pixazo")
    assert outcome.told == [free("pixazo", "failed"), clip("pixazo")]


@pytest.mark.parametrize("gateway", ["pixazo", "aimlapi"])
async def test_failed_where_nothing_is_said_of_the_charge_is_at_risk(studio: Studio, gateway: str) -> None:
    """The quote is at risk, basis unknown, and the next route is paid."""
    studio.faults({"gateway": gateway, "do": "failed"})
    outcome = await studio.one(gateway, "aivideoapi")
    assert outcome.told == [risked(gateway, "failed", "Failed"), NEXT]
    assert outcome.attempts[0]["charge_basis"] == "unknown" and outcome.code == 0


async def test_failed_with_a_reported_charge_is_booked_as_waste(studio: Studio) -> None:
    """AI/ML API reports what a failed job took: charged, wasted, and the next route is paid."""
    studio.faults({"gateway": "aimlapi", "do": "failed", "charged": True})
    outcome = await studio.one("aimlapi", "aivideoapi")
    assert outcome.told == [("aimlapi", "failed", "Failed", "1.56", "0.00"), NEXT]
    assert outcome.attempts[0]["wasted_usd"] == PRICE["aimlapi"] and outcome.money() == studio.box.billed()

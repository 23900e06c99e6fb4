"""What a job cost: the gateway's figure where it can be meant, else the price list, else what is at risk."""

from decimal import Decimal

from tasks.domain.errors import GatewayError
from tasks.domain.job import Done
from tasks.domain.money import ZERO, is_credible, usd, usd_text
from tasks.domain.pricing import Usage
from tasks.domain.result import Attempt, Basis
from tasks.domain.shot import Size
from tasks.engine.context import RunContext

LEAST_SHARE = 2  # units that come to less than one in so many of what was expected are not those of the price


def charge_of(error: GatewayError, quote: Decimal, documented: object) -> tuple[Decimal, Decimal, Basis]:
    """US dollars charged and at risk, and their basis, of a job that was accepted and gave no clip.

    ``documented`` is the catalogue's word on failed jobs: False, True or ``"unknown"``.
    """
    if error.charge is not None:
        return weigh_charge(error.charge, quote)
    if error.free or (error.free is None and documented is False):
        return ZERO, ZERO, "free"
    if error.free is False or documented is True:
        return quote, ZERO, "price_list"
    return ZERO, quote, "unknown"


def weigh_charge(charge: Decimal, quote: Decimal) -> tuple[Decimal, Decimal, Basis]:
    """US dollars charged and at risk, and their basis, for a charge that a gateway reports.

    One that cannot be right is not believed: then nothing counts as charged, and the quote is at risk.
    """
    return (usd(charge), ZERO, "reported") if is_credible(charge, quote) else (ZERO, quote, "unknown")


def bill_of(run: RunContext, attempt: Attempt, done: Done) -> Decimal | None:
    """US dollars that the gateway says it took: a sum, or units or GPU seconds at the entry's price; else None."""
    if done.charge is not None:
        return done.charge
    model = run.catalogue.models.get(attempt.route)
    told = {"gpu_seconds": done.gpu_seconds, "units": done.units}
    counted = model.price.measured(**told, sent=_sent(attempt)) if model else None
    if counted is None or done.units is None or not counted.is_finite():
        return counted
    if counted < 0 or counted * LEAST_SHARE >= attempt.expected:
        return counted
    sums = f"{usd_text(usd(counted))} USD, {usd_text(attempt.expected)} USD expected"
    run.progress.line(
        f"{attempt.shot_id}: {attempt.route} counts units of another kind ({sums}): the list's price counts"
    )
    return None


def _sent(attempt: Attempt) -> Usage | None:
    """The clip as it was ordered; None where its record names no size."""
    try:
        return Usage(attempt.seconds, *Size.parse(attempt.size))
    except ValueError:
        return None


def tell_odd(run: RunContext, attempt: Attempt, charge: Decimal | None) -> None:
    """Report a charge that is not believed, in a line; nothing where it is believed, or where there is none."""
    if charge is not None and not is_credible(charge, attempt.expected):
        told = "that is no number" if charge.is_nan() else f"of {charge} USD"
        risk = f"its quote of {usd_text(attempt.expected)} USD is at risk"
        run.progress.line(f"{attempt.shot_id}: {attempt.route} reports a charge {told}, not believed: {risk}")

"""What the gateways' own records say of the money of attempts: ``ledger/<key>/<n>-reconciled.json``. Blocks.

It outranks the money of the settled record, and nothing else of it: an attempt keeps its outcome and its clip.
"""

from decimal import Decimal

from tasks.domain.money import usd, usd_text
from tasks.domain.result import Attempt, Basis
from tasks.ledger.ledger import Ledger
from tasks.ledger.records import attempt_of, pack


def write_booked(ledger: Ledger, attempt: Attempt, charged: Decimal, basis: Basis) -> Attempt:
    """Write that the gateway's records name ``charged`` US dollars for an attempt: the attempt with that money.

    Raises ``StoreError`` when the target refuses it.
    """
    record = ledger.record(attempt) | {
        "kind": "reconciled",
        "charged_usd": usd_text(usd(charged)),
        "at_risk_usd": "0.00",
        "charge_basis": basis,
        "was": {"charged_usd": usd_text(attempt.charged), "at_risk_usd": usd_text(attempt.at_risk)},
        "reconciled_at": ledger.clock(),
        "reconciled_by": ledger.run_id,
    }
    ledger.store.write(f"ledger/{attempt.key}/{attempt.n}-reconciled.json", pack(record))
    ledger.book(record)
    return attempt_of(ledger.page(attempt.key).entries[attempt.n])

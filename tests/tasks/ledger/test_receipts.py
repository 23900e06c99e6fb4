import uuid
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from tasks.ledger.receipts import Receipts
from tasks.storage.store import Store
from tests.tasks.ledger.test_ledger import ASKED, JOB, ledger_of, order


def test_a_receipt_kept_on_this_machine_keeps_its_estimate(tmp_path: Path) -> None:
    """What the target refused counts as much in the next run as what it took: the estimate, not the lower quote."""
    store = Store(f"memory://{uuid.uuid4().hex}")
    ledger, receipts = ledger_of(store), Receipts(tmp_path / "receipts", store)
    attempt = ledger.intent(ASKED, order(), Decimal("0.80"))
    receipts.keep(ledger.receipt(attempt, replace(JOB, estimate=Decimal("1.44"))))
    again = ledger_of(store, "run-2")
    receipts.add_to(again)
    assert [(one.outcome, one.at_risk) for one in again.history()] == [("pending", Decimal("1.44"))]
    [taken] = receipts.take_up(ledger_of(store, "run-2"), lambda one: True)
    assert taken.expected == Decimal("1.44")

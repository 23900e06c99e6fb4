"""The records of what was bought, and how a shot stands by them."""

from tasks.ledger.books import write_booked
from tasks.ledger.keys import Claim, keys_of, worth
from tasks.ledger.ledger import Ledger, spent
from tasks.ledger.lineage import lineage_of, waits_for_choice
from tasks.ledger.mending import is_over, lacks_good, need_of, offers_to_mend, take_to_mend
from tasks.ledger.receipts import Receipts, canonical, folder
from tasks.ledger.records import UNSETTLED, KeyHistory, LedgerKey, Record, job_of, now
from tasks.ledger.shot_state import Ended, describe_beside, doubts, exit_code, is_refused, result_of, unclear_routes
from tasks.ledger.verdicts import NAME as VERDICT
from tasks.ledger.verdicts import VerdictReader, Verdicts, describe_idle, read_verdicts, write_verdict

__all__ = [
    "UNSETTLED",
    "VERDICT",
    "Claim",
    "Ended",
    "KeyHistory",
    "Ledger",
    "LedgerKey",
    "Receipts",
    "Record",
    "VerdictReader",
    "Verdicts",
    "canonical",
    "describe_beside",
    "describe_idle",
    "doubts",
    "exit_code",
    "folder",
    "is_over",
    "is_refused",
    "job_of",
    "keys_of",
    "lacks_good",
    "lineage_of",
    "need_of",
    "now",
    "offers_to_mend",
    "read_verdicts",
    "result_of",
    "spent",
    "take_to_mend",
    "unclear_routes",
    "waits_for_choice",
    "worth",
    "write_booked",
    "write_verdict",
]

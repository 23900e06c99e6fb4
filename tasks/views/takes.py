"""The takes that a target's views show: from their table, or from the ledger where no table was written."""

from collections.abc import Sequence
from typing import Any

from tasks.domain.takes import Shelf
from tasks.ledger import Ledger
from tasks.manifest import load_takes, row_keys, takes_rows
from tasks.storage import Store

Rows = list[dict[str, Any]]


def read_takes(store: Store, rows: Sequence[dict[str, Any]], ledger: Ledger) -> Rows:
    """The takes of the manifest's ``rows``, as the columns of ``takes.parquet`` tell them.

    ``ledger`` is loaded. Raises ``StoreError`` when the target cannot be read.
    """
    try:
        listed = load_takes(store.read("takes.parquet"))
    except FileNotFoundError:
        return takes_rows(list(rows), list(ledger.history()), Shelf(store.sizes("clips")))
    current = set(row_keys(rows).values())
    return [one for one in listed if one["key"] in current]

"""What a target's views show of takes: from their table, or from the ledger where no table tells it."""

from collections.abc import Sequence
from typing import Any

from tasks.domain.takes import Shelf
from tasks.ledger import KeyHistory, Ledger
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


def with_parts(rows: Rows, ledger: Ledger) -> Rows:
    """The rows of a manifest with what it has no column for: the size asked, and what was to be avoided."""
    keys, found = row_keys(rows), Rows()
    for row in rows:
        page = ledger.pages.get(keys.get(str(row["shot_id"]), ""), KeyHistory())
        parts = page.entries[max(page.entries)].record["parts"] if page.entries else {}
        found.append({**row, **{name: parts[name] for name in ("size", "negative_prompt") if parts.get(name)}})
    return found

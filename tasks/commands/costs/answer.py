"""What ``storyreel costs`` answers: the table over many targets, as values and as a file. Blocks."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from tasks.commands.answers import fault_json
from tasks.commands.costs.page import render_page
from tasks.commands.costs.reading import read_orders
from tasks.commands.costs.table import COLUMNS, Costs, total
from tasks.domain.errors import ConfigError, Fault, TargetError
from tasks.domain.money import usd_text
from tasks.ledger import canonical
from tasks.manifest import Row, write_csv, write_parquet
from tasks.storage import StoreError, open_store

ENDINGS = (".parquet", ".csv", ".html")


class Told(NamedTuple):
    """The rows of the table, the sums that its page draws, and what could not be read."""

    targets: int
    rows: list[Row]
    models: list[Row]
    months: list[Row]
    errors: list[Fault]


def check_file(to: str) -> None:
    """Check the name of a file for the table. Raises ``ConfigError`` when its ending names no kind of table."""
    if to and not to.lower().endswith(ENDINGS):
        raise ConfigError([Fault(0, "", "--to", to, f"a table ends in one of {', '.join(ENDINGS)}")])


def count_costs(urls: Sequence[str], options: Mapping[str, Any], say: Callable[[str], None]) -> Told:
    """The costs of many targets, each once however its address is spelled; ``say`` is told of each that cannot be
    read.

    Raises ``TargetError`` when none can be read, with every reason.
    """
    costs, errors, done = Costs(), list[Fault](), dict[str, bool]()
    for url in dict.fromkeys(urls):
        try:
            store = open_store(url, options)
            if (place := canonical(store)) in done:
                continue
            done[place] = False
            for orders in read_orders(store):
                costs.add(orders)
            done[place] = True
        except TargetError as error:
            errors += error.faults
    if not any(done.values()):
        raise TargetError(errors)
    for fault in errors:
        say(str(fault))
    by = ("provider", "model"), ("month", "provider")
    return Told(sum(done.values()), costs.rows(), costs.rows(by[0]), costs.rows(by[1]), errors)


def write_table(told: Told, to: str, options: Mapping[str, Any]) -> None:
    """Write the table. Raises ``TargetError`` when it cannot be written."""
    heading = f"{told.targets} target{'s' * (told.targets != 1)}, months in UTC by when an order was sent"
    folder, slash, name = to.rpartition("/")
    try:
        if name.lower().endswith(".html"):
            data = render_page(told.rows, told.models, told.months, heading)
        else:
            data = (write_csv if name.lower().endswith(".csv") else write_parquet)(COLUMNS, told.rows)
        open_store(folder or ("/" if slash else "."), options).write(name, data)
    except (StoreError, OSError) as error:
        raise TargetError(f"{to} cannot be written: {error}") from error


def costs_answer(told: Told, to: str) -> dict[str, Any]:
    """The answer of ``costs --json``."""
    return {
        "targets": told.targets,
        "exit_code": int(bool(told.errors)),
        "rows": [_json(row) for row in told.rows],
        "totals": _json(total(told.rows)),
        "file": to,
        "errors": [fault_json(one) for one in told.errors],
    }


def _json(row: Row) -> dict[str, Any]:
    return {name: usd_text(value) if isinstance(value, Decimal) else value for name, value in row.items()}

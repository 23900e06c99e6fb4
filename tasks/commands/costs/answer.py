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
    """The costs of many targets; ``say`` is told of each that cannot be read.

    Raises ``TargetError`` when none can be read.
    """
    costs, errors = Costs(), list[Fault]()
    for url in dict.fromkeys(urls):
        try:
            for orders in read_orders(url, options):
                costs.add(orders)
        except TargetError as error:
            errors += error.faults or [Fault(0, "", "", url, str(error))]
            say(str(error))
    read = len(dict.fromkeys(urls)) - len(errors)
    if not read:
        raise TargetError("none of these targets can be read")
    return Told(read, costs.rows(), costs.rows(("provider", "model")), costs.rows(("month", "provider")), errors)


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

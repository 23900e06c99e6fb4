"""What ``storyreel costs`` answers: the table over many targets, as values and as a file. Blocks."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from itertools import chain, islice
from typing import Any, NamedTuple

import pyarrow

from tasks.commands.answers import fault_json
from tasks.commands.costs.page import render_page
from tasks.commands.costs.reading import Orders, read_orders
from tasks.commands.costs.table import COLUMNS, Costs, total
from tasks.domain.errors import ConfigError, Fault, TargetError
from tasks.domain.money import usd_text
from tasks.ledger import canonical
from tasks.manifest import Row, write_csv, write_parquet
from tasks.storage import Store, StoreError, open_store

ENDINGS = (".parquet", ".csv", ".html")
READERS = 8  # targets that are read at once


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
    pyarrow.set_memory_pool(pyarrow.system_memory_pool())  # which gives back what a chunk has taken
    costs, errors, read = Costs(), list[Fault](), 0
    for begun in _read_ahead(_opened(urls, options)):
        try:
            for orders in begun():
                costs.add(orders)
            read += 1
        except TargetError as error:
            errors += error.faults
    if not read:
        raise TargetError(errors)
    for fault in errors:
        say(str(fault))
    return Told(read, costs.rows(), costs.rows(("provider", "model")), costs.rows(("month", "provider")), errors)


def _opened(urls: Sequence[str], options: Mapping[str, Any]) -> Iterator[Store | TargetError]:
    """Each target once, however it is spelled, or why it cannot be opened."""
    done = set[str]()
    for url in dict.fromkeys(urls):
        try:
            store = open_store(url, options)
        except TargetError as error:
            yield error
            continue
        if (place := canonical(store)) not in done:
            done.add(place)
            yield store


def _read_ahead(stores: Iterable[Store | TargetError]) -> Iterator[Callable[[], Iterable[Orders]]]:
    """What gives the orders of each target, or raises why it cannot be read: some are begun while others are
    counted. Most targets have one chunk, and of a larger one no more than that waits."""

    def begin(store: Store | TargetError) -> Iterable[Orders]:
        if isinstance(store, TargetError):
            raise store
        chunks = read_orders(store)
        return chain(list(islice(chunks, 1)), chunks)

    with ThreadPoolExecutor(READERS) as pool:
        ahead: deque[Future[Iterable[Orders]]] = deque()
        for store in stores:
            ahead.append(pool.submit(begin, store))
            if len(ahead) > READERS:
                yield ahead.popleft().result
        while ahead:
            yield ahead.popleft().result


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

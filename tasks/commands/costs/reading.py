"""The tables of a target as what is counted by: one number an order, money in whole millionths of a dollar. Blocks."""

import contextlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy
import pyarrow
import pyarrow.compute as pc
from pyarrow import parquet

from tasks.domain.errors import TargetError
from tasks.storage import Store, StoreError, read_part

MONEY = ("charged_usd", "wasted_usd", "alternates_usd", "at_risk_usd", "in_use_usd")
MICRO = 1_000_000
CHUNK = 100_000  # orders at a time
BUFFER = 1 << 20  # bytes of a column that are read at once
HEAD = 16_384  # bytes of a manifest in which its board's name is looked for before all of it is read
NO_MONTH = -(10**6)
READ = ("key", "n", "provider", "model", "outcome", "submitted_at", "settled_at", "sent_s", *MONEY)


@dataclass(frozen=True, slots=True)
class Orders:
    """Some orders of a target. ``words``: gateway and model, each as places in a list of texts. ``columns``: month
    (since 1970; `NO_MONTH` where none is known), clips, refused and clips_in_use (0 or 1), seconds of the clip in use,
    wait_s from order to clip (NaN without one), and money."""

    board: str
    words: Mapping[str, tuple[Any, list[str]]]
    columns: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.columns["month"])


@dataclass(frozen=True, slots=True)
class _Made:
    """The clips in use of a target: their names, and their seconds."""

    names: Any
    seconds: Any


def read_orders(store: Store) -> Iterator[Orders]:
    """The orders of a target, in chunks.

    Raises ``TargetError`` when the target cannot be read, or has no tables.
    """
    try:
        with _table(store, "attempts.parquet") as attempts:
            made, board = _made(store), _board(store) or store.url
            for batch in _batches(attempts, READ):
                yield _orders(batch, made, board)
    except FileNotFoundError as error:
        raise TargetError(f"{store.url} holds no attempts.parquet: nothing of storyreel is there") from error
    except (StoreError, OSError, pyarrow.ArrowException, KeyError, ValueError) as error:
        raise TargetError(f"{store.url}: its tables cannot be read: {error}") from error


def _table(store: Store, name: str) -> Any:
    """A table, opened: on a local disk no more is read at a time than its decoder needs."""
    source = store.full(name) if store.local else io.BytesIO(store.read(name))
    return parquet.ParquetFile(source, pre_buffer=False, buffer_size=BUFFER)


def _batches(table: Any, columns: tuple[str, ...]) -> Iterator[Any]:
    """A table in chunks, of those of the columns that it has."""
    known = [name for name in columns if name in table.schema_arrow.names]
    yield from table.iter_batches(CHUNK, columns=known, use_threads=False)


def _board(store: Store) -> str:
    """The board's name in the head of a manifest: what comes after it may be long."""
    with contextlib.suppress(FileNotFoundError):
        return _board_of(_head(store)) or _board_of(store.read("manifest.json"))
    return ""


def _head(store: Store) -> bytes:
    with contextlib.suppress(StoreError):  # some stores have no part of what is empty
        return read_part(store, "manifest.json", 0, HEAD)
    return b""


def _board_of(manifest: bytes) -> str:
    head = manifest.partition(b'"shots"')[0].rstrip().rstrip(b",")
    for text in (head + b"}", manifest):
        try:
            return str(json.loads(text).get("board") or "")
        except (ValueError, AttributeError, RecursionError):
            continue
    return ""


def _made(store: Store) -> _Made | None:
    """The clips in use; None where there is no table of takes."""
    try:
        takes = _table(store, "takes.parquet")
    except FileNotFoundError:
        return None
    with takes:
        used = [one.filter(one["in_use"]) for one in _batches(takes, ("key", "take", "in_use", "seconds"))]
    names = pyarrow.chunked_array([_names(one["key"], one["take"]) for one in used], pyarrow.string())
    seconds = numpy.concatenate([numpy.zeros(0), *(_numbers(one["seconds"], 0.0) for one in used)])
    return _Made(names.combine_chunks(), seconds)


def _names(key: Any, n: Any) -> Any:
    """An attempt's name: its key and its number."""
    return pc.binary_join_element_wise(key.cast(pyarrow.string()), n.cast(pyarrow.string()), " ")


def _numbers(column: Any, missing: float) -> Any:
    return pc.fill_null(column.cast(pyarrow.float64()), missing).to_numpy(zero_copy_only=False)


def _orders(batch: Any, made: _Made | None, board: str) -> Orders:
    known = batch.schema.names
    provider, model, outcome = (_texts(batch[name]) for name in ("provider", "model", "outcome"))
    sent, settled = (_moments(batch[name]) for name in ("submitted_at", "settled_at"))
    money = {name: _micros(batch[name]) if name in known else numpy.zeros(len(batch), "int64") for name in MONEY}
    if "in_use_usd" not in known:  # 0.1 kept one clip of a shot
        money["in_use_usd"] = money["charged_usd"] - money["wasted_usd"]
    if made is None or "key" not in known:
        used = _is_one_of(outcome, "clip") & (money["wasted_usd"] == 0)
        seconds = numpy.where(used, _numbers(batch["sent_s"], 0.0), 0.0)
    else:
        place = _numbers(pc.index_in(_names(batch["key"], batch["n"]), value_set=made.names), -1).astype("int64")
        used = place >= 0
        seconds = numpy.where(used, numpy.append(made.seconds, 0.0)[place], 0.0)
    counts = {"clips": _is_one_of(outcome, "clip", "late"), "refused": _is_one_of(outcome, "refused", "moderated")}
    waits = {"wait_s": numpy.where(_is_one_of(outcome, "clip"), settled - sent, numpy.nan).astype("float32")}
    columns = {"month": _months(sent), **counts, "clips_in_use": used, "seconds": seconds, **waits, **money}
    return Orders(board, {"provider": provider, "model": model}, columns)


def _texts(column: Any) -> tuple[Any, list[str]]:
    """A column of texts, few of which differ: the place of each in a list of them, and that list."""
    found = pc.fill_null(column.cast(pyarrow.string()), "").dictionary_encode()
    return found.indices.to_numpy(zero_copy_only=False), found.dictionary.to_pylist()


def _is_one_of(texts: tuple[Any, list[str]], *words: str) -> Any:
    places, listed = texts
    return numpy.array([one in words for one in listed], bool)[places]


def _moments(column: Any) -> Any:
    """Times as seconds since 1970, NaN where there is none; 0.1 wrote them as text."""
    if pyarrow.types.is_string(column.type):
        import pandas

        times = pandas.to_datetime(column.to_pandas(), utc=True, errors="coerce", format="ISO8601")
        return (times - pandas.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy()
    micros = column.cast(pyarrow.timestamp("us", "UTC")).cast(pyarrow.int64())
    return pc.cast(micros, pyarrow.float64(), safe=False).to_numpy(zero_copy_only=False) / MICRO


def _months(seconds: Any) -> Any:
    """The months since 1970, in UTC, of times."""
    there = ~numpy.isnan(seconds)
    months = numpy.where(there, seconds, 0.0).astype("datetime64[s]").astype("datetime64[M]").astype("int32")
    return numpy.where(there, months, numpy.int32(NO_MONTH))


def _micros(column: Any) -> Any:
    """Money in whole millionths: sums of them are exact."""
    scaled = pc.multiply(column.cast(pyarrow.decimal128(18, 6)), pyarrow.scalar(MICRO, pyarrow.decimal128(7, 0)))
    return pc.fill_null(scaled.cast(pyarrow.int64()), 0).to_numpy(zero_copy_only=False)

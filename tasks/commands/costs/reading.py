"""The tables of a target as what is counted by: one line an order, money in whole millionths of a dollar. Blocks."""

import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow
import pyarrow.compute as pc
from pyarrow import parquet

from tasks.domain.errors import TargetError
from tasks.storage import Store, StoreError

if TYPE_CHECKING:
    import pandas

MONEY = ("charged_usd", "wasted_usd", "alternates_usd", "at_risk_usd", "in_use_usd")
MICRO = 1_000_000
CHUNK = 100_000  # orders at a time
READ = ("key", "n", "provider", "model", "outcome", "submitted_at", "settled_at", "sent_s", *MONEY)


def read_orders(store: Store) -> Iterator["pandas.DataFrame"]:
    """The orders of a target, in chunks: provider, model, month, board, outcome, wait_s, used (its clip is in use),
    seconds of that clip, and money.

    Raises ``TargetError`` when the target cannot be read, or has no tables.
    """
    try:
        attempts = parquet.ParquetFile(io.BytesIO(store.read("attempts.parquet")))
        made = _made(_found(store, "takes.parquet"))
        board = _board(_found(store, "manifest.json")) or store.url
        names = [name for name in READ if name in attempts.schema_arrow.names]
        for batch in attempts.iter_batches(CHUNK, columns=names):
            yield _frame(pyarrow.Table.from_batches([batch]), made, board)
    except FileNotFoundError as error:
        raise TargetError(f"{store.url} holds no attempts.parquet: nothing of storyreel is there") from error
    except (StoreError, OSError, pyarrow.ArrowException, KeyError, ValueError) as error:
        raise TargetError(f"{store.url}: its tables cannot be read: {error}") from error


def _found(store: Store, name: str) -> bytes:
    try:
        return store.read(name)
    except FileNotFoundError:
        return b""


def _board(manifest: bytes) -> str:
    """The board's name in the head of a manifest: what comes after it may be long."""
    head = manifest.partition(b'"shots"')[0].rstrip().rstrip(b",")
    for text in (head + b"}", manifest):
        try:
            return str(json.loads(text).get("board") or "")
        except (ValueError, AttributeError, RecursionError):
            continue
    return ""


def _made(takes: bytes) -> "pandas.DataFrame | None":
    """Key, number and seconds of the clips in use; None where there is no table of takes."""
    if not takes:
        return None
    file = parquet.ParquetFile(io.BytesIO(takes))
    found = file.read(["key", "take", "in_use", "seconds"]).filter(pc.field("in_use"))
    frame: pandas.DataFrame = found.select(["key", "take", "seconds"]).to_pandas()
    return frame.rename(columns={"take": "n"}).drop_duplicates(["key", "n"])


def _frame(table: Any, made: "pandas.DataFrame | None", board: str) -> "pandas.DataFrame":
    import pandas

    known = table.column_names
    frame = pandas.DataFrame({name: _texts(table[name]) for name in ("provider", "model", "outcome")})
    sent, settled = (_seconds(table[name]) for name in ("submitted_at", "settled_at"))
    frame["month"] = pandas.to_datetime(sent, unit="s", utc=True).dt.strftime("%Y-%m").fillna("")
    frame["wait_s"] = (settled - sent).where(frame["outcome"] == "clip")
    for name in MONEY:
        frame[name] = _micros(table[name]) if name in known else 0
    if "in_use_usd" not in known:  # 0.1 kept one clip of a shot
        frame["in_use_usd"] = frame["charged_usd"] - frame["wasted_usd"]
    frame["board"] = board
    if made is None or "key" not in known:
        frame["used"] = (frame["outcome"] == "clip") & (frame["wasted_usd"] == 0)
        frame["seconds"] = table["sent_s"].to_pandas().where(frame["used"], 0.0)
        return frame
    seconds = table.select(["key", "n"]).to_pandas().merge(made, how="left", on=["key", "n"])["seconds"]
    frame["used"], frame["seconds"] = seconds.notna(), seconds.fillna(0.0)
    return frame


def _texts(column: Any) -> Any:
    return column.cast(pyarrow.string()).to_pandas().fillna("")


def _seconds(column: Any) -> "pandas.Series[float]":
    """Times as seconds since 1970; 0.1 wrote them as text."""
    import pandas

    if pyarrow.types.is_string(column.type):
        times = pandas.to_datetime(column.to_pandas(), utc=True, errors="coerce", format="ISO8601")
        told: pandas.Series[float] = (times - pandas.Timestamp(0, tz="UTC")).dt.total_seconds()
        return told
    micros = column.cast(pyarrow.timestamp("us", "UTC")).cast(pyarrow.int64())
    seconds: pandas.Series[float] = micros.cast(pyarrow.float64(), safe=False).to_pandas() / MICRO
    return seconds


def _micros(column: Any) -> Any:
    """Money in whole millionths: sums of them are exact."""
    scaled = pc.multiply(column.cast(pyarrow.decimal128(18, 6)), pyarrow.scalar(MICRO, pyarrow.decimal128(7, 0)))
    return scaled.cast(pyarrow.int64()).to_pandas().fillna(0).astype("int64")

"""A Parquet file -> its cells as text, unpacked by a process of its own with a limit on memory and time.

A kilobyte of Parquet can ask for terabytes: a page that unpacks, a dictionary entry that every row repeats, a footer
that lies. Arrow's readers take no limit; a process does. This file is both sides: `read` here, `_unpacked` there. It
imports nothing of this program, for the other side should start fast and know little.
"""

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

MEMORY = 600_000_000  # bytes that the other process may hold
SECONDS = 60
MOST_TEXT = 64_000_000  # characters of all cells together


class Unreadable(Exception):
    """No Parquet file that can be taken; the message says why, without a subject."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Headers, the columns below them, and by position the types that are no text."""

    names: list[str]
    columns: list[list[str]]
    opaque: dict[int, str]


def read(data: bytes, *, max_rows: int, max_columns: int, max_cells: int) -> Cells:
    """The file's cells: numbers and times in their plain spelling, null as nothing, lists as JSON.

    Raises ``Unreadable`` when the file cannot be taken, or takes too long.
    """
    limits = [str(limit) for limit in (max_rows, max_columns, max_cells)]
    command = [sys.executable, "-P", __file__, *limits]  # -P: names in this folder must not hide Arrow's imports
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603 - ours
        told = orjson.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise Unreadable(f"is Parquet that takes more than {SECONDS} s to unpack; write it again") from None
    except ValueError:  # it died: a damaged file can take Arrow's decoder with it
        raise Unreadable("is not a whole Parquet file (its reader failed); write or copy it again") from None
    if "wrong" in told:
        raise Unreadable(told["wrong"])
    return Cells(told["names"], told["columns"], {int(at): kind for at, kind in told["opaque"].items()})


def _main(limits: list[int]) -> None:
    sys.modules.setdefault("numpy", None)  # type: ignore[arg-type]  # Arrow does without, and starts in half the time
    with suppress(ImportError):  # a system without such limits
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    try:
        told = orjson.dumps(_unpacked(sys.stdin.buffer.read(), *limits), option=orjson.OPT_NON_STR_KEYS)
    except Unreadable as error:
        told = orjson.dumps({"wrong": str(error)})
    except MemoryError:
        told = orjson.dumps({"wrong": f"unpacks to more than {MEMORY:,} bytes; split the shot list"})
    except Exception as error:  # a damaged file trips the decoder in more ways than it documents
        reason = str(error).partition("\n")[0][:200]
        message = f"is not a whole Parquet file ({reason}); write or copy it again"
        told = json.dumps({"wrong": message}).encode("utf-8", "replace")
    sys.stdout.buffer.write(told)


def _unpacked(data: bytes, max_rows: int, max_columns: int, max_cells: int) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pa.set_memory_pool(pa.system_memory_pool())  # the others reserve address space by the gigabyte
    file = pq.ParquetFile(pa.BufferReader(data))
    rows, columns = file.metadata.num_rows, file.metadata.num_columns
    if rows > max_rows:
        raise Unreadable(f"has {rows:,} rows; at most {max_rows:,}, so split the shot list")
    if columns > max_columns:
        raise Unreadable(f"has {columns:,} columns; at most {max_columns:,} are read")
    if rows * columns > max_cells:
        raise Unreadable(f"has {rows * columns:,} cells; at most {max_cells:,}, so split the shot list")
    content = file.read(use_threads=False)
    plain = [_plain(column) for column in content.columns]
    texts, left = [], MOST_TEXT
    for column in plain:
        texts.append(_texts(column))
        left -= sum(map(len, texts[-1]))
        if left < 0:
            raise Unreadable(f"holds more than {MOST_TEXT:,} characters; split the shot list")
    opaque = {at: str(column.type)[:200] for at, column in enumerate(plain) if _is_opaque(column.type)}
    return {"names": content.column_names, "columns": texts, "opaque": opaque}


def _is_opaque(kind: Any) -> bool:
    import pyarrow.types as types

    tests = (types.is_nested, types.is_binary, types.is_large_binary, types.is_fixed_size_binary, types.is_binary_view)
    return any(test(kind) for test in tests)


def _plain(column: Any) -> Any:
    import pyarrow as pa

    if isinstance(column.type, pa.BaseExtensionType):
        storage = [chunk.storage for chunk in column.chunks]
        return _plain(pa.chunked_array(storage, column.type.storage_type))
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _texts(column: Any) -> list[str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if _is_opaque(column.type):
        return ["" if value is None else _json(value) for value in column.to_pylist()]
    if pa.types.is_duration(column.type):
        unit = {"s": 0, "ms": -3, "us": -6, "ns": -9}[column.type.unit]
        counts = column.cast(pa.int64()).to_pylist()
        return ["" if count is None else _seconds(Decimal(count).scaleb(unit)) for count in counts]
    texts = column.cast(pa.large_string())
    if pa.types.is_temporal(column.type):
        texts = pc.replace_substring_regex(texts, r"\.0+([Z+-].*)?$", r"\1")
        texts = pc.replace_substring(texts, " ", "T")
    listed = texts.to_pylist()  # `fill_null` would load pandas
    return ["" if text is None else text for text in listed] if texts.null_count else list(listed)


def _seconds(value: Decimal) -> str:
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


def _json(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False, default=str)


if __name__ == "__main__":
    _main([int(limit) for limit in sys.argv[1:]])

"""The tables of a target in the hands of others: LibreOffice shows every id as typed, and pandas, polars and DuckDB sum
the money and subtract the times.

Run by `make others`. As ``python tests/others/tables.py READER FILE`` it is one of the readers, in the venv of others.
"""

import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

Found = tuple[dict[str, Decimal], set[float]]  # what is charged by scene, and the seconds from order to clip


def by_pandas(file: str) -> Found:
    """As pandas has it."""
    import pandas

    table = pandas.read_parquet(file)
    waited = (table.finished_at - table.submitted_at).dropna()
    return dict(table.groupby("scene").charged_usd.sum()), set(waited.dt.total_seconds())


def by_polars(file: str) -> Found:
    """As polars has it."""
    import polars

    table = polars.read_parquet(file)
    sums = dict(table.group_by("scene").agg(polars.col("charged_usd").sum()).iter_rows())
    waited = table.select(polars.col("finished_at") - polars.col("submitted_at")).to_series().drop_nulls()
    return sums, {one.total_seconds() for one in waited}


def by_duckdb(file: str) -> Found:
    """As DuckDB has it."""
    import duckdb

    sums = duckdb.sql(f"select scene, sum(charged_usd) from '{file}' group by scene").fetchall()
    waited = duckdb.sql(f"select finished_at - submitted_at from '{file}' where finished_at is not null").fetchall()
    return dict(sums), {one.total_seconds() for (one,) in waited}


READERS: dict[str, Callable[[str], Found]] = {"pandas": by_pandas, "polars": by_polars, "duckdb": by_duckdb}
CHARGED, WAITED = {"Hafen": Decimal("1.20"), "": Decimal("0.40")}, {61.5}


def main(reader: str, file: str) -> int:
    """1 where the reader finds other sums or times than were written."""
    found = READERS[reader](file)
    same = found == (CHARGED, WAITED)
    print(f"{reader} {Path(file).name}: {'the same sums and times' if same else f'FOUND {found}'}")
    return not same


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

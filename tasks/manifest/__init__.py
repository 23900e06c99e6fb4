"""The tables at the target: rows, sums, and their bytes."""

"""HTTP with deadlines, and the guard against private addresses."""

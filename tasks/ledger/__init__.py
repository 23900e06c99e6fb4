"""The records of what was bought, and how a shot stands by them."""

"""What is wrong inside a delivered clip, seen and heard; `look` is its door."""

"""Speed as a ratio to what a user would otherwise run, measured in one process, interleaved, never asserted."""

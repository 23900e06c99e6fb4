"""The cut for an editing program: one model of it, and a file for each format."""

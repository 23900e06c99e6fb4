"""What comes of a finished job: its file on this machine, and what is wrong inside it."""

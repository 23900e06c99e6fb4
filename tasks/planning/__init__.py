"""What to do with each shot, by which routes and for how much. Pure."""

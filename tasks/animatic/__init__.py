"""The built-in renderer: a clip drawn on this machine. PyAV and Pillow load with its modules, not with it."""

"""One module for each file format that a shot list may have."""

"""The bytes of a shot list read into a storyboard, or every fault in it."""

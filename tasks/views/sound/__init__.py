"""What is heard with the cut: where each sound and each line of dialogue stands, and the captions as files."""

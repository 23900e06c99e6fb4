"""What the report is made of: its words, its cards, its money, and the page itself."""

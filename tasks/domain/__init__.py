"""The nouns and rules that every room shares: shots, orders, errors, money, names. Imports nothing of ours."""

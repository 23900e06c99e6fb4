"""The report: one page of HTML without a script from elsewhere."""

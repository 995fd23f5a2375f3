"""One run, one folder."""

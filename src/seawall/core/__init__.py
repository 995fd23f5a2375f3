"""The immutable vocabulary: money, books, markets, terms, curves, losses."""

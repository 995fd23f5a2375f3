"""From outside files to (book, market, terms, problems)."""

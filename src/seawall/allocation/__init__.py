"""Who bears a given amount: one `allocate`, its rules, their axioms, and how fair the outcome is."""

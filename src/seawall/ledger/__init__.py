"""The journal of what was done, and what can be read from it: holdings, statements, audit, explanations."""

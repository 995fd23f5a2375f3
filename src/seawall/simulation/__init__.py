"""The storm: many paths of prices over one book, with the same rules, in float64."""

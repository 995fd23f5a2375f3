"""Write the generated reference pages again: `make docs`. Tests hold them to the code."""

from pathlib import Path

from seawall.adapters.schema_pages import write_generated

write_generated(Path(__file__).parents[1])

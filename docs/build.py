"""Write the generated reference pages again: `make docs`. Tests hold them to the code."""

from pathlib import Path

from seawall.adapters.schema_pages import write_generated
from seawall.runs import scenario_page
from seawall.runs.schema_pages import generated_files
from seawall.venues.page import pages
from seawall.waterfall.page import PAGE, reference_page

root = Path(__file__).parents[1]
write_generated(root)
for name, text in {
    **pages(),
    **generated_files(),
    **scenario_page.generated_files(),
    PAGE: reference_page(),
}.items():
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")

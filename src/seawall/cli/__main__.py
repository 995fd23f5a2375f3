"""`python -m seawall.cli`: the command without its script."""

from seawall.cli import main

main()

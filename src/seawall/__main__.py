"""`python -m seawall`: the command without its script."""

from seawall.cli import main

main()

"""`python -m gatewright.cli`."""

from gatewright.cli.main import main

main()

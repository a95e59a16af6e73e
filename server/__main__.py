"""`python -m server` is `lintel`."""

from server.cli import main

main()

"""`python -m kiosk` is `lintel-kiosk`."""

from kiosk.cli import main

if __name__ == "__main__":
    main(prog_name="lintel-kiosk")

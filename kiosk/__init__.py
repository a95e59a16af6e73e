"""The door panel: shows one room, keeps its plan on disk and knows the server only through HTTP."""

from kiosk import lean

lean.load_requests()  # here, so that it comes before every import of `requests`

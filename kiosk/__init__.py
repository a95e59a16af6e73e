"""The door panel: shows one room, keeps its plan on disk and knows the server only through HTTP."""

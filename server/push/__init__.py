"""News are told as they happen: one held connection per device, and small words that there is something to fetch."""

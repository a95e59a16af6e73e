"""Writing letters: from what one says (core/letters.py) to a sheet of words, and from that to a message."""

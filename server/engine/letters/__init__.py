"""From changes to letters: what was done at once to one booking or series, who reads of it, and what they are told."""

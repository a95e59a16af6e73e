"""The booking server: holds the truth about every room and answers for it in several dialects."""

"""Calendar files (iCalendar): read by a process of their own (reader.py), booked by this one (importing.py)."""

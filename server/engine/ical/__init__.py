"""Bookings as iCalendar: what calendars of rooms, feeds and letters all write alike."""

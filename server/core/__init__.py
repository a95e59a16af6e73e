"""What rooms, bookings and time mean: pure values and functions, no I/O, no clock reading, no SQL, no Flask."""

"""LibreBooking's web services, in its own words; nothing outside this folder knows them."""

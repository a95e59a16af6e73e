"""Indico's HTTP export API for rooms and reservations, in its own words; nothing outside this folder knows them."""

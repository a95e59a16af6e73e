"""The OpenTalk controller's frontend API, in its own words; nothing outside this folder knows them."""

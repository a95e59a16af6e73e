"""The pages for people: signing in and out, and what each may see and set of themselves."""

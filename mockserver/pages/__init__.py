"""The pages for people: the home page, and the API reference."""

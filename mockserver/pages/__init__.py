"""The pages for people: the dashboard, the API reference, and the page of a confirmation link."""

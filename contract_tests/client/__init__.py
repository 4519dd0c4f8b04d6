"""Requests that the suite may send, and the transport that sends and records them."""

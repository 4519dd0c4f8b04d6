"""What stands beside the API: health and reset for programs, pages for people. None of it is in the contract."""

from mockserver.control.routes import control_routes, page_not_found

__all__ = ["control_routes", "page_not_found"]

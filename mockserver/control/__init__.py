"""What stands beside the API: health and reset for programs, pages for people. None of it is in the contract."""

from mockserver.control.routes import LOCAL_ORIGINS, control_routes, page_not_found

__all__ = ["LOCAL_ORIGINS", "control_routes", "page_not_found"]

"""Reports of a run: the terminal output, report.html, JUnit and traffic.har."""

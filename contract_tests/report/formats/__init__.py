"""The formats of the reports: terminal, HTML, JUnit and HAR, and the shell scripts in them."""

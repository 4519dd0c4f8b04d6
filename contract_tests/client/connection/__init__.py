"""The connection to the target: its proxy, the trusted certificates, and the sentences about failed connections."""

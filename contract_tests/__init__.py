"""The contract suite: judges any server that claims to be Canvas's Communication Channels API."""

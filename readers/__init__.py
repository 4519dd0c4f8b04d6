"""Third-party tools that read the contract: linters, client generators, and published clients of Canvas."""

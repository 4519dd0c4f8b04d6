"""Canvas's rules and state: what Canvas stores, and what it allows. No framework, no transport."""

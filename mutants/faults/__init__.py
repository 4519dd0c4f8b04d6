"""Every fault, by what it concerns."""

from mutants.faults import creation, deletion, encodings, listing, ownership, push, sequences, shapes, statuses, tokens
from mutants.surgery import mutants_of

FAULTS = mutants_of(statuses, shapes, tokens, ownership, encodings, creation, deletion, listing, push, sequences)

"""Equivalent variants: differences that Canvas instances may have, one module for each subject."""

from mutants.equivalent_variants import accounts, responses, transport
from mutants.mutant import mutants_of

EQUIVALENT_VARIANTS = mutants_of(responses, transport, accounts)

"""Faults, one package for each subject and one module for each of its topics."""

from mutants.faults.access import authentication, permissions
from mutants.faults.addresses import characters, encodings, validation
from mutants.faults.channels import creation, deletion, push, restoration, sequences
from mutants.faults.lists import link_header, listing, pages
from mutants.faults.responses import conditional_requests, fields, formats, leaks, statuses
from mutants.mutant import mutants_of

FAULTS = mutants_of(
    statuses,
    fields,
    formats,
    authentication,
    permissions,
    leaks,
    encodings,
    characters,
    validation,
    creation,
    deletion,
    restoration,
    listing,
    pages,
    link_header,
    conditional_requests,
    push,
    sequences,
)

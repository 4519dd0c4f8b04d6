"""Mutation tests of the suite: it must detect every fault of a server and pass every equivalent variant."""

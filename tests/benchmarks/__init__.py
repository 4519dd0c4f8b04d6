"""Tests of the benchmarks' calculations, reports and messages."""

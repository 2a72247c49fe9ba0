"""Benchmarks: how long commands take, beside what people use instead and at any size of vault.

`make bench` and `make bench-scale` run them and write docs/performance.md. They are no tests: they
judge nothing, and what they make is in a temporary directory.
"""

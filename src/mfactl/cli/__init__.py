"""The terminal: parsing, prompting and printing; no rules and no storage.

Guarantees: one service call a command, one place that prints. The only package that may import
typer.
"""

"""One function per use case; where clock, randomness, vault, mail and rules meet.

Guarantees: a refusal is committed before it is raised. May import everything but mfactl.cli.
"""

"""The rules of the life cycle, as pure functions over values.

Guarantees: no I/O, no clock, no randomness of its own; a rule answers with a verdict and never
raises.
May import: the standard library's pure parts, pyotp, email_validator and mfactl.errors.
"""

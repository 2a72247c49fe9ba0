"""The encrypted store: the only package that touches stored bytes.

Guarantees: what it returns was sealed under the vault's key for exactly the place it was read from.
May import: mfactl.core (for the record types), mfactl.files, mfactl.errors, sqlite3 and
cryptography.
"""

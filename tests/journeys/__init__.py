"""What people do with mfactl, told as transcripts of what they type and see; each is a test.

The whole journey, in order: sign-up-and-verify, enrol-and-confirm, sign-in-with-totp,
backup-code-sign-in, account-show, regenerate-backup-codes, disable. For programs: json-and-field,
json-life-cycle. `transcript.py` explains the language.
"""

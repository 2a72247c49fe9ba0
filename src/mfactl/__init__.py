"""mfactl: multi-factor sign-in at a shell, offline."""

__version__ = "0.1.0"

"""Every way in which mfactl can fail: Clerk's code, exit status, what happened, what to do next.

Guarantees: one table, from which the exit codes, the JSON errors and the lines for people all come.
May import: mfactl.exits and mfactl.named_tuple only, so that everything may import it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from mfactl.exits import Exit
from mfactl.named_tuple import NamedTuple


class Code(StrEnum):
    """The `code` of a JSON error: Clerk's where Clerk has one, else ours."""

    CANCELLED = "cancelled"
    INTERNAL_ERROR = "internal_error"
    USAGE_ERROR = "usage_error"
    PARAM_MISSING = "form_param_missing"
    PARAM_FORMAT_INVALID = "form_param_format_invalid"
    PASSWORD_TOO_SHORT = "form_password_length_too_short"
    PASSWORD_TOO_LONG = "form_password_length_too_long"
    PASSWORD_NOT_STRONG_ENOUGH = "form_password_not_strong_enough"
    NEW_PASSWORD_MATCHES_CURRENT = "form_new_password_matches_current"
    REVERIFICATION_REQUIRED = "session_reverification_required"
    AUTHENTICATION_INVALID = "authentication_invalid"
    SIGNED_OUT = "signed_out"
    PASSWORD_OR_IDENTIFIER_INCORRECT = "form_password_or_identifier_incorrect"
    PASSWORD_VALIDATION_FAILED = "form_password_validation_failed"
    CODE_INCORRECT = "form_code_incorrect"
    VERIFICATION_EXPIRED = "verification_expired"
    VERIFICATION_FAILED = "verification_failed"
    LOCKOUT_WARNING = "account_lockout_warning"
    USER_LOCKED = "user_locked"
    TOO_MANY_REQUESTS = "verification_code_too_many_requests"
    IDENTIFIER_EXISTS = "form_identifier_exists"
    TOTP_ALREADY_ENABLED = "totp_already_enabled"
    BACKUP_CODES_NOT_AVAILABLE = "backup_codes_not_available"
    NO_SECOND_FACTORS = "no_second_factors"
    STRATEGY_FOR_USER_INVALID = "strategy_for_user_invalid"
    SESSION_EXISTS = "session_exists"
    CLIENT_STATE_INVALID = "client_state_invalid"
    RESOURCE_NOT_FOUND = "resource_not_found"
    FILE_EXISTS = "file_exists"
    VAULT_EXISTS = "vault_exists"
    VAULT_LAST_SLOT = "vault_last_slot"
    VAULT_SLOTS_FULL = "vault_slots_full"
    VAULT_NOT_FOUND = "vault_not_found"
    VAULT_LOCKED = "vault_locked"
    VAULT_KEY_INCORRECT = "vault_key_incorrect"
    VAULT_CORRUPT = "vault_corrupt"
    VAULT_ROLLED_BACK = "vault_rolled_back"
    VAULT_TOO_NEW = "vault_too_new"
    CONFIG_INVALID = "config_invalid"
    IO_ERROR = "io_error"
    VAULT_BUSY = "vault_busy"
    MAIL_UNDELIVERABLE = "mail_undeliverable"
    VAULT_PERMISSIONS = "vault_permissions"


class Entry(NamedTuple):
    """A row of the table: what holds for every error of one code, unless the error says more."""

    exit: Exit
    message: str
    long_message: str
    remedy: str


ERRORS: Mapping[Code, Entry] = {
    Code.CANCELLED: Entry(
        Exit.FAILED,
        "Cancelled",
        "Nothing was changed.",
        "Run the command again when you are ready.",
    ),
    Code.INTERNAL_ERROR: Entry(
        Exit.FAILED,
        "Internal error",
        "This is a bug in mfactl.",
        "Please report it with the command you ran, without its secrets.",
    ),
    Code.USAGE_ERROR: Entry(
        Exit.USAGE, "Usage", "The command line is not understood.", "Run: mfactl --help"
    ),
    Code.PARAM_MISSING: Entry(
        Exit.USAGE, "is missing", "An input is missing.", "Add --help to see the ways to give it."
    ),
    Code.PARAM_FORMAT_INVALID: Entry(
        Exit.USAGE, "is invalid", "An input has the wrong shape.", "Nothing was counted as a try."
    ),
    Code.PASSWORD_TOO_SHORT: Entry(
        Exit.USAGE,
        "Password too short",
        "The password is too short.",
        "A few unrelated words are long, and easy to keep.",
    ),
    Code.PASSWORD_TOO_LONG: Entry(
        Exit.USAGE,
        "Password too long",
        "A password has at most 1,024 characters.",
        "Use a shorter one.",
    ),
    Code.PASSWORD_NOT_STRONG_ENOUGH: Entry(
        Exit.USAGE,
        "Password not strong enough",
        "That password is too easy to guess.",
        "A few unrelated words are long, and easy to keep.",
    ),
    Code.NEW_PASSWORD_MATCHES_CURRENT: Entry(
        Exit.USAGE,
        "is the current password",
        "The new password is the current one.",
        "Choose another, or leave it as it is.",
    ),
    Code.REVERIFICATION_REQUIRED: Entry(
        Exit.ONE_MORE_STEP,
        "Reverification required",
        "This needs a factor verified in the last 10 minutes.",
        "Run: mfactl verify, then this command again.",
    ),
    Code.AUTHENTICATION_INVALID: Entry(
        Exit.NOT_SIGNED_IN,
        "Invalid authentication",
        "You are not signed in.",
        "Run: mfactl signin EMAIL (or mfactl signup EMAIL for a new account)",
    ),
    Code.SIGNED_OUT: Entry(
        Exit.NOT_SIGNED_IN, "Signed out", "Your session has ended.", "Run: mfactl signin EMAIL"
    ),
    Code.PASSWORD_OR_IDENTIFIER_INCORRECT: Entry(
        Exit.REFUSED,
        "Password or address is incorrect",
        "The password or the address is wrong.",
        "Try again, or sign up with: mfactl signup EMAIL",
    ),
    Code.PASSWORD_VALIDATION_FAILED: Entry(
        Exit.REFUSED,
        "Incorrect password",
        "The current password is wrong.",
        "Try again with the password that you sign in with.",
    ),
    Code.CODE_INCORRECT: Entry(
        Exit.REFUSED, "is incorrect", "That code is wrong.", "Check it and try again."
    ),
    Code.VERIFICATION_EXPIRED: Entry(
        Exit.REFUSED,
        "expired",
        "That code has expired: e-mail codes are good for 10 minutes.",
        "Run: mfactl verify --resend",
    ),
    Code.VERIFICATION_FAILED: Entry(
        Exit.REFUSED,
        "failed",
        "Too many wrong codes: this one is void, right or wrong.",
        "Run: mfactl verify --resend",
    ),
    Code.LOCKOUT_WARNING: Entry(
        Exit.REFUSED, "Lock-out warning", "Few attempts are left.", "Check before you try again."
    ),
    Code.USER_LOCKED: Entry(
        Exit.WAIT,
        "Account locked",
        "Too many failed attempts: this address is locked.",
        "Wait, or lift it as the vault's owner: mfactl admin unlock EMAIL",
    ),
    Code.TOO_MANY_REQUESTS: Entry(
        Exit.WAIT,
        "Too many requests",
        "A code was sent to this address less than 30 seconds ago.",
        "Ask again when the 30 seconds are over.",
    ),
    Code.IDENTIFIER_EXISTS: Entry(
        Exit.WRONG_STATE,
        "That address is taken",
        "There is an account with this address already.",
        "Run: mfactl signin EMAIL",
    ),
    Code.TOTP_ALREADY_ENABLED: Entry(
        Exit.WRONG_STATE,
        "TOTP already enabled",
        "An authenticator app is on already.",
        "To change to another: mfactl mfa disable, then mfactl mfa add",
    ),
    Code.BACKUP_CODES_NOT_AVAILABLE: Entry(
        Exit.WRONG_STATE,
        "Backup codes not available",
        "Backup codes need an authenticator app, and none is on.",
        "Run: mfactl mfa add",
    ),
    Code.NO_SECOND_FACTORS: Entry(
        Exit.WRONG_STATE,
        "No second factors",
        "This account has no second factor of that kind.",
        "Run: mfactl account show",
    ),
    Code.STRATEGY_FOR_USER_INVALID: Entry(
        Exit.WRONG_STATE,
        "Invalid verification strategy",
        "This account is verified in another way.",
        "Run: mfactl account show",
    ),
    Code.SESSION_EXISTS: Entry(
        Exit.WRONG_STATE,
        "Session exists",
        "You are signed in already.",
        "Run: mfactl signout first, or use another client (MFACTL_CLIENT)",
    ),
    Code.CLIENT_STATE_INVALID: Entry(
        Exit.WRONG_STATE,
        "Invalid action",
        "Nothing is waiting for a code here.",
        "Run: mfactl signin EMAIL, or mfactl signup EMAIL",
    ),
    Code.RESOURCE_NOT_FOUND: Entry(
        Exit.WRONG_STATE, "not found", "There is no such thing here.", "Check what you asked for."
    ),
    Code.FILE_EXISTS: Entry(
        Exit.WRONG_STATE, "File exists", "There is a file of that name.", "Name another file."
    ),
    Code.VAULT_EXISTS: Entry(
        Exit.WRONG_STATE,
        "Vault exists",
        "There is a vault or a key file already; nothing is overwritten.",
        "Name another file with --vault, or look at this one: mfactl vault status",
    ),
    Code.VAULT_LAST_SLOT: Entry(
        Exit.WRONG_STATE,
        "Last slot",
        "That is the last slot: without it nobody could open the vault.",
        "Add another one first: mfactl vault slots add",
    ),
    Code.VAULT_SLOTS_FULL: Entry(
        Exit.WRONG_STATE,
        "Slots full",
        "The vault has as many slots as it can have.",
        "Remove one first: mfactl vault slots remove SLOT",
    ),
    Code.VAULT_NOT_FOUND: Entry(
        Exit.VAULT_CLOSED,
        "Vault not found",
        "There is no vault.",
        "Run: mfactl signup EMAIL (makes one), or mfactl vault init",
    ),
    Code.VAULT_LOCKED: Entry(
        Exit.VAULT_CLOSED,
        "Vault locked",
        "There is nothing here to unlock the vault with.",
        "Set MFACTL_KEY_FILE or MFACTL_PASSPHRASE_FILE.",
    ),
    Code.VAULT_KEY_INCORRECT: Entry(
        Exit.VAULT_CLOSED,
        "Vault key incorrect",
        "That key or passphrase does not open this vault.",
        "Check MFACTL_KEY_FILE, MFACTL_PASSPHRASE_FILE and --vault.",
    ),
    Code.VAULT_CORRUPT: Entry(
        Exit.VAULT_DAMAGED,
        "Vault corrupt",
        "The vault is damaged, or somebody has changed it.",
        "Keep the file as it is and put back a good copy; mfactl vault check says what is wrong.",
    ),
    Code.VAULT_ROLLED_BACK: Entry(
        Exit.VAULT_DAMAGED,
        "Vault rolled back",
        "The vault is older than, or differs from, what this client has seen of it.",
        "If that was done on purpose: mfactl vault check --accept-rollback",
    ),
    Code.VAULT_TOO_NEW: Entry(
        Exit.VAULT_DAMAGED,
        "Vault too new",
        "A newer mfactl made this vault.",
        "Use that version, or a newer one.",
    ),
    Code.CONFIG_INVALID: Entry(
        Exit.CONFIGURATION,
        "Configuration invalid",
        "The configuration is not valid.",
        "Correct it and run the command again. Every setting: mfactl config list",
    ),
    Code.IO_ERROR: Entry(
        Exit.MACHINE,
        "Input/output error",
        "The machine refused to read or write.",
        "Free space or set the permissions right, then run the command again.",
    ),
    Code.VAULT_BUSY: Entry(
        Exit.MACHINE, "Vault busy", "Another mfactl holds the vault.", "Run it again in a moment."
    ),
    Code.MAIL_UNDELIVERABLE: Entry(
        Exit.MACHINE,
        "Mail undeliverable",
        "The code could not be delivered.",
        "Put that right, then run: mfactl verify --resend",
    ),
    Code.VAULT_PERMISSIONS: Entry(
        Exit.MACHINE,
        "Unsafe permissions",
        "Others could read or change a file that has to be private.",
        "Files want mode 0600 and directories 0700, owned by you.",
    ),
}


class Refusal(NamedTuple):
    """One error, all of it printed: `detail` and `remedy` in place of the table's sentences."""

    code: Code
    detail: str | None = None
    remedy: str | None = None
    meta: Mapping[str, Any] = {}  # a shared empty mapping is safe: nobody writes to it

    @property
    def entry(self) -> Entry:
        """The row of the table for this code."""
        return ERRORS[self.code]

    @property
    def long_message(self) -> str:
        """What happened, as one sentence for people."""
        return self.detail or self.entry.long_message

    @property
    def next_step(self) -> str:
        """What to do next, as one sentence for people."""
        return self.remedy or self.entry.remedy


class MfactlError(Exception):
    """The one exception of mfactl: refusals, the first of which decides the exit status."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__(*refusals)
        self.refusals = refusals

    @property
    def exit(self) -> Exit:
        """The exit status that the command ends with."""
        return self.refusals[0].entry.exit


def failure(
    code: Code, detail: str | None = None, remedy: str | None = None, **meta: Any
) -> MfactlError:
    """An error ready to raise; `meta` goes into the JSON error."""
    return MfactlError(Refusal(code, detail, remedy, meta))

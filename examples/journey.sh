#!/usr/bin/env bash
# The whole journey of an account, as a script: sign up, enrol, sign in with both factors, recover.
#
# Runs in a throw-away home and leaves nothing behind. Each step is an mfactl command as you would
# type it; `step` shows it and checks the exit status, which is how a script learns what comes next.
set -euo pipefail

MFACTL_HOME=$(mktemp -d)
export MFACTL_HOME
trap 'rm -rf "$MFACTL_HOME"' EXIT

email=ada@example.com
password=$MFACTL_HOME/password.txt
secret=$MFACTL_HOME/phone.txt
seen=()

# step WANTED COMMAND...: runs a command and stops the script unless it ends with WANTED.
step() {
    local wanted=$1 status=0
    shift
    printf '\n$ %s\n' "$*"
    "$@" || status=$?
    seen+=("$status")
    if [ "$status" -ne "$wanted" ]; then
        printf 'journey: expected exit status %s, not %s\n' "$wanted" "$status" >&2
        exit 1
    fi
}

say() { printf '\n== %s\n' "$*"; }

# A phone shows a code for 30 seconds, and a code works once. A person would wait for the next one;
# `phone 30` shows it already, which is taken too: a clock may be one step off.
phone() { mfactl totp --offset "${1:-0}" < "$secret"; }

printf 'correct horse battery staple\n' > "$password"

say "Sign up. Exit 3: one more step, the code in the mail."
step 3 mfactl signup "$email" --password-file "$password"
code=$(mfactl outbox code "$email")
step 0 mfactl verify "$code"

say "Add an authenticator app. A phone scans the code; here a file plays the phone."
step 0 mfactl mfa add
mfactl mfa add --format secret --quiet > "$secret" # asking again makes a new secret in place of the first
step 0 mfactl mfa verify "$(phone)"

say "Sign in with both factors. Exit 3: the password was right, a second factor is needed."
step 0 mfactl signout
step 3 mfactl signin "$email" --password-file "$password"
step 0 mfactl verify "$(phone 30)"
step 0 mfactl account show

say "Replace the backup codes, keep one, and sign in with it. It works once."
printf '\n$ mfactl backup-codes regenerate --yes --field codes.0\n'
backup=$(mfactl backup-codes regenerate --yes --field codes.0)
step 0 mfactl signout
step 3 mfactl signin "$email" --password-file "$password"
step 0 mfactl verify "$backup" --backup-code
step 0 mfactl signout
step 3 mfactl signin "$email" --password-file "$password"
step 5 mfactl verify "$backup" --backup-code
second=$(mfactl verify 000-000 --field errors.0.code 2> "$MFACTL_HOME/errors.txt") && exit 1
printf '\nA script reads why: %s\n' "$second"

say "The vault, read from end to end."
step 4 mfactl account show
step 0 mfactl vault check

say "Exit statuses seen: ${seen[*]}"

#!/usr/bin/env bash
# Does mfactl work here? The whole journey of an account in a throw-away test vault, for any CI.
#
# One line a step. A step that ends otherwise than it should stops the script with status 1, and
# shows what the command printed. Needs mfactl on the PATH, no network and no secret, and waits
# for nothing: a test vault takes its clock from MFACTL_NOW.
set -euo pipefail

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT

# Nothing that is set outside leads to a vault of yours.
unset MFACTL_VAULT MFACTL_KEY_FILE MFACTL_PASSPHRASE MFACTL_PASSPHRASE_FILE MFACTL_CONFIG MFACTL_CLIENT
export MFACTL_HOME=$home/mfactl MFACTL_NOW=1767225600 MFACTL_NO_INPUT=1

email=robot+clerk_test@example.com # gets the code 424242, and no mail
password='correct horse battery staple'
secret=$home/phone.txt # this file plays the phone
out=$home/out.txt

# step WANTED "what it shows" COMMAND...: stops unless the command ends with WANTED. Its stdout is
# in $out for the next step.
step() {
    local wanted=$1 what=$2 status=0
    shift 2
    "$@" > "$out" 2> "$home/err.txt" || status=$?
    if [ "$status" -ne "$wanted" ]; then
        printf 'FAILED: %s\n  ended with %s, not %s: %s\n' "$what" "$status" "$wanted" "$*"
        cat "$out" "$home/err.txt"
        exit 1
    fi >&2
    printf 'ok: %s\n' "$what"
}

later() { MFACTL_NOW=$((MFACTL_NOW + $1)); }

sign_up() { mfactl signup "$email" --password-stdin <<< "$password"; }
sign_in() { mfactl signin "$email" --password-stdin <<< "$1"; }
phone() { mfactl totp < "$secret"; }

# prints WANTED COMMAND...: ends as the command does, with 99 where it prints something else.
prints() {
    local wanted=$1 printed status=0
    shift
    printed=$("$@") || status=$?
    [ "$printed" = "$wanted" ] || return 99
    return "$status"
}

# Ten guesses, each of them refused (5).
guess_ten_times() {
    local guess status
    for guess in {1..10}; do
        status=0
        sign_in "guess $guess" || status=$?
        [ "$status" -eq 5 ] || return 1
    done
}

step 0 "a test vault is made" mfactl vault init --test
step 3 "a sign-up asks for the code in the mail" sign_up
step 0 "the code makes the account" mfactl verify 424242
step 0 "an authenticator app is added" mfactl mfa add --format uri
cp "$out" "$secret"
step 0 "its first code turns it on, and gives backup codes" \
    mfactl mfa verify "$(phone)" --field backup_codes
backup=$(head -n 1 "$out")
step 0 "signed out" mfactl signout

later 30 # the app's next code
step 3 "the password alone does not sign in" sign_in "$password"
code=$(phone)
step 0 "with a code of the app it does" mfactl verify "$code"
step 0 "signed out" mfactl signout
step 3 "the password once more" sign_in "$password"
step 5 "a code that was used is refused" \
    prints true mfactl verify "$code" --field errors.0.meta.already_used
step 0 "a backup code signs in" mfactl verify "$backup"
step 0 "nine of them are left" prints 9 mfactl account show --field backup_codes_remaining
step 0 "signed out" mfactl signout
step 3 "the password once more" sign_in "$password"
step 5 "a backup code works once" mfactl verify "$backup"

step 0 "ten wrong passwords are refused" guess_ten_times
step 6 "then the address is locked, for the right password too" sign_in "$password"
later 3600
step 3 "an hour later it is not" sign_in "$password"
step 0 "and both factors sign in" mfactl verify "$(phone)"

step 0 "the vault is whole" mfactl vault check
step 0 "the record of events is whole" mfactl audit verify

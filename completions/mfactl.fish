# Completes mfactl in fish. Made by: mfactl completion fish

# Reads the line before the cursor: the path of commands, the arguments of the
# last one, and the options that were given. Once: one TAB asks a hundred times.
function __mfactl_read
    set -l words (commandline -opc)
    test "$words" = "$__mfactl_words"; and return
    set -g __mfactl_words $words
    set -l path ''
    set -l arguments
    set -l given
    set -l option ''
    set -l ended ''
    for word in $words[2..]
        if test -n "$option"
            set -a given $option
            set option ''
            continue
        end
        switch "$ended$word"
            case --
                set ended .
            case '--*=*'
                set -a given (string split -m 1 -f 1 = -- $word)
            case $__mfactl_options_with_value
                set option $word
            case '-*'
                set -a given $word
            case '*'
                set word (string trim -- "$path $word")
                if contains -- $word $__mfactl_paths
                    set path $word
                else
                    set -a arguments (string replace -- "$path " '' $word)
                end
        end
    end
    set -g __mfactl_path $path
    set -g __mfactl_arguments $arguments
    set -g __mfactl_given $given
end

# Whether the line is at this path, with this number of arguments.
function __mfactl_at
    __mfactl_read
    test "$__mfactl_path" = "$argv[1]"; or return
    switch "$argv[2]"
        case ''
            return 0
        case pairs
            test (math (count $__mfactl_arguments) % 2) = 0
        case '*'
            test (count $__mfactl_arguments) = "$argv[2]"
    end
end

# Whether the line is at this path, after this word of a pair.
function __mfactl_after
    __mfactl_read
    test "$__mfactl_path" = "$argv[1]" -a "$__mfactl_arguments[-1]" = "$argv[2]"
    and test (math (count $__mfactl_arguments) % 2) = 1
end

# Whether none of these options was given.
function __mfactl_without
    __mfactl_read
    for name in $argv
        contains -- $name $__mfactl_given; and return 1
    end
    return 0
end

set -g __mfactl_paths \
    'signup' \
    'signin' \
    'verify' \
    'signout' \
    'mfa' \
    'mfa add' \
    'mfa verify' \
    'mfa disable' \
    'backup-codes' \
    'backup-codes regenerate' \
    'account' \
    'account show' \
    'account password' \
    'outbox' \
    'outbox list' \
    'outbox show' \
    'outbox code' \
    'outbox clear' \
    'vault' \
    'vault init' \
    'vault status' \
    'vault check' \
    'vault backup' \
    'vault restore' \
    'vault rotate' \
    'vault slots' \
    'vault slots list' \
    'vault slots add' \
    'vault slots remove' \
    'admin' \
    'admin list' \
    'admin unlock' \
    'admin reset-mfa' \
    'admin set-password' \
    'admin delete' \
    'audit' \
    'audit list' \
    'audit verify' \
    'config' \
    'config path' \
    'config list' \
    'config get' \
    'config set' \
    'config unset' \
    'config test-mail' \
    'totp' \
    'completion' \
    'help' \
    'help signup' \
    'help signin' \
    'help verify' \
    'help signout' \
    'help mfa' \
    'help mfa add' \
    'help mfa verify' \
    'help mfa disable' \
    'help backup-codes' \
    'help backup-codes regenerate' \
    'help account' \
    'help account show' \
    'help account password' \
    'help outbox' \
    'help outbox list' \
    'help outbox show' \
    'help outbox code' \
    'help outbox clear' \
    'help vault' \
    'help vault init' \
    'help vault status' \
    'help vault check' \
    'help vault backup' \
    'help vault restore' \
    'help vault rotate' \
    'help vault slots' \
    'help vault slots list' \
    'help vault slots add' \
    'help vault slots remove' \
    'help admin' \
    'help admin list' \
    'help admin unlock' \
    'help admin reset-mfa' \
    'help admin set-password' \
    'help admin delete' \
    'help audit' \
    'help audit list' \
    'help audit verify' \
    'help config' \
    'help config path' \
    'help config list' \
    'help config get' \
    'help config set' \
    'help config unset' \
    'help config test-mail' \
    'help totp' \
    'help completion' \
    'help help'
set -g __mfactl_options_with_value \
    '--account' \
    '--after' \
    '--expect' \
    '--field' \
    '--format' \
    '--key-file' \
    '--kind' \
    '--limit' \
    '--new-passphrase-file' \
    '--new-password-file' \
    '--offset' \
    '--passphrase-file' \
    '--password-file' \
    '--qr-file' \
    '--save' \
    '--since' \
    '--vault'

complete -c mfactl -e
complete -c mfactl -f
complete -c mfactl -n '__mfactl_without --json' -l json -d 'Print one JSON document.'
complete -c mfactl -n '__mfactl_without --vault' -l vault -r -F -d 'Use this vault.'
complete -c mfactl -n '__mfactl_without --no-input' -l no-input -d 'Never ask for anything.'
complete -c mfactl -n '__mfactl_without -q --quiet' -s q -l quiet -d 'Print nothing to stderr.'
complete -c mfactl -n '__mfactl_without -h --help' -s h -l help -d 'Show this message and exit.'

# mfactl
complete -c mfactl -n '__mfactl_at ""' -n '__mfactl_without --version' -l version -d 'Print the version.'
complete -c mfactl -n '__mfactl_at ""' -n '__mfactl_without --field' -l field -x -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "" 0' -a signup -d 'Start a sign-up: an address, a password, a mailed code.'
complete -c mfactl -n '__mfactl_at "" 0' -a signin -d 'Sign in with the password.'
complete -c mfactl -n '__mfactl_at "" 0' -a verify -d 'Enter the code that mfactl is waiting for, or verify the session.'
complete -c mfactl -n '__mfactl_at "" 0' -a signout -d 'End the session.'
complete -c mfactl -n '__mfactl_at "" 0' -a mfa -d 'Add, confirm and remove the authenticator app.'
complete -c mfactl -n '__mfactl_at "" 0' -a backup-codes -d 'Replace the backup codes.'
complete -c mfactl -n '__mfactl_at "" 0' -a account -d 'Look at the account, change its password.'
complete -c mfactl -n '__mfactl_at "" 0' -a outbox -d 'Read the mail that mfactl delivered.'
complete -c mfactl -n '__mfactl_at "" 0' -a vault -d 'Make, check, copy and re-key the encrypted vault.'
complete -c mfactl -n '__mfactl_at "" 0' -a admin -d 'Act as the owner: list, unlock, reset, delete.'
complete -c mfactl -n '__mfactl_at "" 0' -a audit -d 'See what happened, and that it is all there.'
complete -c mfactl -n '__mfactl_at "" 0' -a config -d 'Look at the settings and change them.'
complete -c mfactl -n '__mfactl_at "" 0' -a totp -d 'Print the code of a secret: the phone\'s side, for scripts.'
complete -c mfactl -n '__mfactl_at "" 0' -a completion -d 'Print the completion script of a shell.'
complete -c mfactl -n '__mfactl_at "" 0' -a help -d 'Show a command\'s help, exit statuses, variables or files.'

# mfactl signup
complete -c mfactl -n '__mfactl_at "signup"' -n '__mfactl_without --password-stdin' -l password-stdin -d 'Read the password from stdin.'
complete -c mfactl -n '__mfactl_at "signup"' -n '__mfactl_without --password-file' -l password-file -r -F -d 'Read the password from FILE.'
complete -c mfactl -n '__mfactl_at "signup"' -n '__mfactl_without --field' -l field -x -a 'abandon_at created_session_id created_user_id custom_action email_address errors external_id first_name id last_name legal_accepted_at missing_fields object optional_fields password_enabled phone_number public_metadata required_fields status unsafe_metadata unverified_fields username verifications web3_wallet' -d 'Print one value of that document, bare.'

# mfactl signin
complete -c mfactl -n '__mfactl_at "signin"' -n '__mfactl_without --password-stdin' -l password-stdin -d 'Read the password from stdin.'
complete -c mfactl -n '__mfactl_at "signin"' -n '__mfactl_without --password-file' -l password-file -r -F -d 'Read the password from FILE.'
complete -c mfactl -n '__mfactl_at "signin"' -n '__mfactl_without --field' -l field -x -a 'abandon_at created_session_id errors first_factor_verification id identifier object second_factor_verification status supported_first_factors supported_identifiers supported_second_factors user_data' -d 'Print one value of that document, bare.'

# mfactl verify
complete -c mfactl -n '__mfactl_at "verify"' -n '__mfactl_without --backup-code' -l backup-code -d 'Take nothing but a backup code.'
complete -c mfactl -n '__mfactl_at "verify"' -n '__mfactl_without --resend' -l resend -d 'Send a new e-mail code; the one before is void.'
complete -c mfactl -n '__mfactl_at "verify"' -n '__mfactl_without --password-stdin' -l password-stdin -d 'Read the password from stdin.'
complete -c mfactl -n '__mfactl_at "verify"' -n '__mfactl_without --password-file' -l password-file -r -F -d 'Read the password from FILE.'
complete -c mfactl -n '__mfactl_at "verify"' -n '__mfactl_without --field' -l field -x -a 'abandon_at created_session_id created_user_id custom_action email_address errors external_id first_factor_verification first_name id identifier last_name legal_accepted_at level missing_fields object optional_fields password_enabled phone_number public_metadata required_fields second_factor_verification session status supported_first_factors supported_identifiers supported_second_factors unsafe_metadata unverified_fields user_data username verifications web3_wallet' -d 'Print one value of that document, bare.'

# mfactl signout
complete -c mfactl -n '__mfactl_at "signout"' -n '__mfactl_without --all' -l all -d 'End every session of the account.'
complete -c mfactl -n '__mfactl_at "signout"' -n '__mfactl_without --field' -l field -x -a 'abandon_at actor created_at created_session_id created_user_id custom_action email_address errors expire_at external_id factor_verification_age first_factor_verification first_name id identifier last_active_at last_active_organization_id last_active_token last_name legal_accepted_at missing_fields object optional_fields password_enabled phone_number public_metadata public_user_data required_fields second_factor_verification status supported_first_factors supported_identifiers supported_second_factors tasks unsafe_metadata unverified_fields updated_at user user_data username verifications web3_wallet' -d 'Print one value of that document, bare.'

# mfactl mfa
complete -c mfactl -n '__mfactl_at "mfa"' -n '__mfactl_without --field' -l field -x -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "mfa" 0' -a add -d 'Make a secret for an authenticator app, and show it.'
complete -c mfactl -n '__mfactl_at "mfa" 0' -a verify -d 'Confirm the authenticator app with the code that it shows, and get the backup codes.'
complete -c mfactl -n '__mfactl_at "mfa" 0' -a disable -d 'Remove the authenticator app, and the backup codes with it.'

# mfactl mfa add
complete -c mfactl -n '__mfactl_at "mfa add"' -n '__mfactl_without --format' -l format -x -a 'qr ascii uri secret' -d 'Show the QR code, or the URI or secret alone.'
complete -c mfactl -n '__mfactl_at "mfa add"' -n '__mfactl_without --qr-file' -l qr-file -r -F -d 'Draw it in a new FILE.svg or FILE.png.'
complete -c mfactl -n '__mfactl_at "mfa add"' -n '__mfactl_without --save' -l save -r -F -d 'Put the codes in a new FILE, to be printed.'
complete -c mfactl -n '__mfactl_at "mfa add"' -n '__mfactl_without --field' -l field -x -a 'backup_codes created_at errors id object secret updated_at uri verified' -d 'Print one value of that document, bare.'

# mfactl mfa verify
complete -c mfactl -n '__mfactl_at "mfa verify"' -n '__mfactl_without --save' -l save -r -F -d 'Put the codes in a new FILE, to be printed.'
complete -c mfactl -n '__mfactl_at "mfa verify"' -n '__mfactl_without --field' -l field -x -a 'backup_codes created_at errors id object secret updated_at uri verified' -d 'Print one value of that document, bare.'

# mfactl mfa disable
complete -c mfactl -n '__mfactl_at "mfa disable"' -n '__mfactl_without -y --yes' -s y -l yes -d 'Do it without asking.'
complete -c mfactl -n '__mfactl_at "mfa disable"' -n '__mfactl_without --field' -l field -x -a 'deleted errors id object' -d 'Print one value of that document, bare.'

# mfactl backup-codes
complete -c mfactl -n '__mfactl_at "backup-codes"' -n '__mfactl_without --field' -l field -x -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "backup-codes" 0' -a regenerate -d 'Replace all backup codes by ten new ones, shown this once; the old ones are void.'

# mfactl backup-codes regenerate
complete -c mfactl -n '__mfactl_at "backup-codes regenerate"' -n '__mfactl_without -y --yes' -s y -l yes -d 'Do it without asking.'
complete -c mfactl -n '__mfactl_at "backup-codes regenerate"' -n '__mfactl_without --save' -l save -r -F -d 'Put the codes in a new FILE, to be printed.'
complete -c mfactl -n '__mfactl_at "backup-codes regenerate"' -n '__mfactl_without --field' -l field -x -a 'codes created_at errors id object updated_at' -d 'Print one value of that document, bare.'

# mfactl account
complete -c mfactl -n '__mfactl_at "account"' -n '__mfactl_without --field' -l field -x -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "account" 0' -a show -d 'Show the account page.'
complete -c mfactl -n '__mfactl_at "account" 0' -a password -d 'Change the password. Takes the current one and the new one; other sessions end.'

# mfactl account show
complete -c mfactl -n '__mfactl_at "account show"' -n '__mfactl_without --field' -l field -x -a 'backup_code_enabled backup_codes_remaining banned create_organization_enabled created_at delete_self_enabled email_addresses enterprise_accounts errors external_accounts external_id first_name has_image id last_active_at last_name last_sign_in_at legal_accepted_at locked lockout_expires_in_seconds mfa_disabled_at mfa_enabled_at object passkeys password_enabled password_last_updated_at phone_numbers primary_email_address_id primary_phone_number_id primary_web3_wallet_id public_metadata saml_accounts totp_enabled totp_last_used_at two_factor_enabled updated_at username verification_attempts_remaining web3_wallets' -d 'Print one value of that document, bare.'

# mfactl account password
complete -c mfactl -n '__mfactl_at "account password"' -n '__mfactl_without --password-stdin' -l password-stdin -d 'Read the password from stdin.'
complete -c mfactl -n '__mfactl_at "account password"' -n '__mfactl_without --password-file' -l password-file -r -F -d 'Read the password from FILE.'
complete -c mfactl -n '__mfactl_at "account password"' -n '__mfactl_without --new-password-stdin' -l new-password-stdin -d 'Read the new password from stdin.'
complete -c mfactl -n '__mfactl_at "account password"' -n '__mfactl_without --new-password-file' -l new-password-file -r -F -d 'Read the new one from FILE.'
complete -c mfactl -n '__mfactl_at "account password"' -n '__mfactl_without --field' -l field -x -a 'backup_code_enabled backup_codes_remaining banned create_organization_enabled created_at delete_self_enabled email_addresses enterprise_accounts errors external_accounts external_id first_name has_image id last_active_at last_name last_sign_in_at legal_accepted_at locked lockout_expires_in_seconds mfa_disabled_at mfa_enabled_at object passkeys password_enabled password_last_updated_at phone_numbers primary_email_address_id primary_phone_number_id primary_web3_wallet_id public_metadata saml_accounts totp_enabled totp_last_used_at two_factor_enabled updated_at username verification_attempts_remaining web3_wallets' -d 'Print one value of that document, bare.'

# mfactl outbox
complete -c mfactl -n '__mfactl_at "outbox"' -n '__mfactl_without --field' -l field -x -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "outbox" 0' -a list -d 'List the messages, the newest first.'
complete -c mfactl -n '__mfactl_at "outbox" 0' -a show -d 'Show one message.'
complete -c mfactl -n '__mfactl_at "outbox" 0' -a code -d 'Print the newest code that was sent to an address.'
complete -c mfactl -n '__mfactl_at "outbox" 0' -a clear -d 'Remove all messages.'

# mfactl outbox list
complete -c mfactl -n '__mfactl_at "outbox list"' -n '__mfactl_without --field' -l field -x -a 'data errors object total_count' -d 'Print one value of that document, bare.'

# mfactl outbox show
complete -c mfactl -n '__mfactl_at "outbox show"' -n '__mfactl_without --field' -l field -x -a 'body created_at errors from_email_address id object subject to_email_address' -d 'Print one value of that document, bare.'

# mfactl outbox code
complete -c mfactl -n '__mfactl_at "outbox code"' -n '__mfactl_without --field' -l field -x -a 'code created_at email_address errors object' -d 'Print one value of that document, bare.'

# mfactl outbox clear
complete -c mfactl -n '__mfactl_at "outbox clear"' -n '__mfactl_without --field' -l field -x -a 'deleted_count errors object path' -d 'Print one value of that document, bare.'

# mfactl vault
complete -c mfactl -n '__mfactl_at "vault"' -n '__mfactl_without --field' -l field -x -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "vault" 0' -a init -d 'Make a vault on purpose. Nothing that is there is overwritten.'
complete -c mfactl -n '__mfactl_at "vault" 0' -a status -d 'Show where the vault is, what unlocks it, and what is unsafe about the set-up.'
complete -c mfactl -n '__mfactl_at "vault" 0' -a check -d 'Read everything in the vault.'
complete -c mfactl -n '__mfactl_at "vault" 0' -a backup -d 'Copy the vault into a new file while others use it, and check the copy from end to end.'
complete -c mfactl -n '__mfactl_at "vault" 0' -a restore -d 'Put a backup in the vault\'s place. Every session ends; what was there is kept beside it.'
complete -c mfactl -n '__mfactl_at "vault" 0' -a rotate -d 'Make a new data key and seal everything anew under it, in one transaction.'
complete -c mfactl -n '__mfactl_at "vault" 0' -a slots -d 'Ways to unlock it: files, passphrases, keyring.'

# mfactl vault init
complete -c mfactl -n '__mfactl_at "vault init"' -n '__mfactl_without --passphrase' -l passphrase -d 'Protect it with a passphrase, not a key file.'
complete -c mfactl -n '__mfactl_at "vault init"' -n '__mfactl_without --key-file' -l key-file -r -F -d 'Where the key file goes.'
complete -c mfactl -n '__mfactl_at "vault init"' -n '__mfactl_without --test' -l test -d 'A vault for tests: MFACTL_NOW sets its clock; weak on purpose.'
complete -c mfactl -n '__mfactl_at "vault init"' -n '__mfactl_without --field' -l field -x -a 'client_file errors format generation id key_file object outbox path permissions_checked slots test unlocked_with warnings' -d 'Print one value of that document, bare.'

# mfactl vault status
complete -c mfactl -n '__mfactl_at "vault status"' -n '__mfactl_without --field' -l field -x -a 'client_file errors format generation id key_file object outbox path permissions_checked slots test unlocked_with warnings' -d 'Print one value of that document, bare.'

# mfactl vault check
complete -c mfactl -n '__mfactl_at "vault check"' -n '__mfactl_without --accept-rollback' -l accept-rollback -d 'Go on with a vault that is older than was seen before.'
complete -c mfactl -n '__mfactl_at "vault check"' -n '__mfactl_without --field' -l field -x -a 'checked_at errors events head id object records status' -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "vault check" 0' -F

# mfactl vault backup
complete -c mfactl -n '__mfactl_at "vault backup"' -n '__mfactl_without --field' -l field -x -a 'created_at errors head id object path size_bytes' -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "vault backup" 0' -F

# mfactl vault restore
complete -c mfactl -n '__mfactl_at "vault restore"' -n '__mfactl_without -y --yes' -s y -l yes -d 'Do it without asking.'
complete -c mfactl -n '__mfactl_at "vault restore"' -n '__mfactl_without --field' -l field -x -a 'errors from_path head id object path replaced_path restored' -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "vault restore" 0' -F

# mfactl vault rotate
complete -c mfactl -n '__mfactl_at "vault rotate"' -l key-file -r -F -d 'One more key file, whose slot stays.'
complete -c mfactl -n '__mfactl_at "vault rotate"' -l passphrase-file -r -F -d 'One more passphrase, likewise.'
complete -c mfactl -n '__mfactl_at "vault rotate"' -n '__mfactl_without -y --yes' -s y -l yes -d 'Do it without asking.'
complete -c mfactl -n '__mfactl_at "vault rotate"' -n '__mfactl_without --field' -l field -x -a 'dropped_slots errors generation id object slots' -d 'Print one value of that document, bare.'

# mfactl vault slots
complete -c mfactl -n '__mfactl_at "vault slots"' -n '__mfactl_without --field' -l field -x -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "vault slots" 0' -a list -d 'List the ways to unlock the vault, the oldest first.'
complete -c mfactl -n '__mfactl_at "vault slots" 0' -a add -d 'Add a way to unlock the vault.'
complete -c mfactl -n '__mfactl_at "vault slots" 0' -a remove -d 'Remove a way to unlock the vault; never the last one.'

# mfactl vault slots list
complete -c mfactl -n '__mfactl_at "vault slots list"' -n '__mfactl_without --field' -l field -x -a 'data errors object total_count' -d 'Print one value of that document, bare.'

# mfactl vault slots add
complete -c mfactl -n '__mfactl_at "vault slots add"' -n '__mfactl_without --passphrase' -l passphrase -d 'A passphrase, which is asked for twice.'
complete -c mfactl -n '__mfactl_at "vault slots add"' -n '__mfactl_without --new-passphrase-stdin' -l new-passphrase-stdin -d 'A passphrase, read from stdin.'
complete -c mfactl -n '__mfactl_at "vault slots add"' -n '__mfactl_without --new-passphrase-file' -l new-passphrase-file -r -F -d 'A passphrase, read from FILE.'
complete -c mfactl -n '__mfactl_at "vault slots add"' -n '__mfactl_without --key-file' -l key-file -r -F -d 'A key file, made if it is not there.'
complete -c mfactl -n '__mfactl_at "vault slots add"' -n '__mfactl_without --keyring' -l keyring -d 'The system\'s keyring (wants mfactl[keyring]).'
complete -c mfactl -n '__mfactl_at "vault slots add"' -n '__mfactl_without --field' -l field -x -a 'created_at errors id kdf kind object' -d 'Print one value of that document, bare.'

# mfactl vault slots remove
complete -c mfactl -n '__mfactl_at "vault slots remove"' -n '__mfactl_without -y --yes' -s y -l yes -d 'Do it without asking.'
complete -c mfactl -n '__mfactl_at "vault slots remove"' -n '__mfactl_without --field' -l field -x -a 'deleted errors id object' -d 'Print one value of that document, bare.'

# mfactl admin
complete -c mfactl -n '__mfactl_at "admin"' -n '__mfactl_without --field' -l field -x -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "admin" 0' -a list -d 'List the accounts in the order of their ids, which new accounts do not change.'
complete -c mfactl -n '__mfactl_at "admin" 0' -a unlock -d 'Lift the lock of an address, with or without an account, and clear its failures.'
complete -c mfactl -n '__mfactl_at "admin" 0' -a reset-mfa -d 'Remove the app and the backup codes of somebody who has lost both. Sessions end.'
complete -c mfactl -n '__mfactl_at "admin" 0' -a set-password -d 'Set the password of somebody who has forgotten it. The second factor stays. Sessions end.'
complete -c mfactl -n '__mfactl_at "admin" 0' -a delete -d 'Remove an account for good. Its sessions end, and its address is free again.'

# mfactl admin list
complete -c mfactl -n '__mfactl_at "admin list"' -n '__mfactl_without --locked' -l locked -d 'Only the locked ones.'
complete -c mfactl -n '__mfactl_at "admin list"' -n '__mfactl_without --with-mfa' -l with-mfa -d 'Only accounts with a second factor.'
complete -c mfactl -n '__mfactl_at "admin list"' -n '__mfactl_without --without-mfa' -l without-mfa -d 'Only accounts without one.'
complete -c mfactl -n '__mfactl_at "admin list"' -n '__mfactl_without --limit' -l limit -x -d 'At most N accounts.'
complete -c mfactl -n '__mfactl_at "admin list"' -n '__mfactl_without --after' -l after -x -d 'Begin after the account with this id.'
complete -c mfactl -n '__mfactl_at "admin list"' -n '__mfactl_without --jsonl' -l jsonl -d 'Print one JSON document per line, as it is read.'
complete -c mfactl -n '__mfactl_at "admin list"' -n '__mfactl_without --field' -l field -x -a 'backup_code_enabled backup_codes_remaining banned create_organization_enabled created_at data delete_self_enabled email_addresses enterprise_accounts errors external_accounts external_id first_name has_image id last_active_at last_name last_sign_in_at legal_accepted_at locked lockout_expires_in_seconds mfa_disabled_at mfa_enabled_at object passkeys password_enabled password_last_updated_at phone_numbers primary_email_address_id primary_phone_number_id primary_web3_wallet_id public_metadata saml_accounts total_count totp_enabled totp_last_used_at two_factor_enabled updated_at username verification_attempts_remaining web3_wallets' -d 'Print one value of that document, bare.'

# mfactl admin unlock
complete -c mfactl -n '__mfactl_at "admin unlock"' -n '__mfactl_without --field' -l field -x -a 'backup_code_enabled backup_codes_remaining banned create_organization_enabled created_at delete_self_enabled email_address email_addresses enterprise_accounts errors external_accounts external_id first_name has_image id last_active_at last_name last_sign_in_at legal_accepted_at locked lockout_expires_in_seconds mfa_disabled_at mfa_enabled_at object passkeys password_enabled password_last_updated_at phone_numbers primary_email_address_id primary_phone_number_id primary_web3_wallet_id public_metadata saml_accounts totp_enabled totp_last_used_at two_factor_enabled updated_at username verification_attempts_remaining web3_wallets' -d 'Print one value of that document, bare.'

# mfactl admin reset-mfa
complete -c mfactl -n '__mfactl_at "admin reset-mfa"' -n '__mfactl_without -y --yes' -s y -l yes -d 'Do it without asking.'
complete -c mfactl -n '__mfactl_at "admin reset-mfa"' -n '__mfactl_without --field' -l field -x -a 'backup_code_enabled backup_codes_remaining banned create_organization_enabled created_at delete_self_enabled email_addresses enterprise_accounts errors external_accounts external_id first_name has_image id last_active_at last_name last_sign_in_at legal_accepted_at locked lockout_expires_in_seconds mfa_disabled_at mfa_enabled_at object passkeys password_enabled password_last_updated_at phone_numbers primary_email_address_id primary_phone_number_id primary_web3_wallet_id public_metadata saml_accounts totp_enabled totp_last_used_at two_factor_enabled updated_at username verification_attempts_remaining web3_wallets' -d 'Print one value of that document, bare.'

# mfactl admin set-password
complete -c mfactl -n '__mfactl_at "admin set-password"' -n '__mfactl_without --new-password-stdin' -l new-password-stdin -d 'Read the new password from stdin.'
complete -c mfactl -n '__mfactl_at "admin set-password"' -n '__mfactl_without --new-password-file' -l new-password-file -r -F -d 'Read the new one from FILE.'
complete -c mfactl -n '__mfactl_at "admin set-password"' -n '__mfactl_without --field' -l field -x -a 'backup_code_enabled backup_codes_remaining banned create_organization_enabled created_at delete_self_enabled email_addresses enterprise_accounts errors external_accounts external_id first_name has_image id last_active_at last_name last_sign_in_at legal_accepted_at locked lockout_expires_in_seconds mfa_disabled_at mfa_enabled_at object passkeys password_enabled password_last_updated_at phone_numbers primary_email_address_id primary_phone_number_id primary_web3_wallet_id public_metadata saml_accounts totp_enabled totp_last_used_at two_factor_enabled updated_at username verification_attempts_remaining web3_wallets' -d 'Print one value of that document, bare.'

# mfactl admin delete
complete -c mfactl -n '__mfactl_at "admin delete"' -n '__mfactl_without -y --yes' -s y -l yes -d 'Do it without asking.'
complete -c mfactl -n '__mfactl_at "admin delete"' -n '__mfactl_without --field' -l field -x -a 'deleted errors id object' -d 'Print one value of that document, bare.'

# mfactl audit
complete -c mfactl -n '__mfactl_at "audit"' -n '__mfactl_without --field' -l field -x -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "audit" 0' -a list -d 'List what happened, the oldest first.'
complete -c mfactl -n '__mfactl_at "audit" 0' -a verify -d 'Read every event.'

# mfactl audit list
complete -c mfactl -n '__mfactl_at "audit list"' -n '__mfactl_without --since' -l since -x -d 'From a date, a time or an age on: 2026-01-31, 12h, 7d.'
complete -c mfactl -n '__mfactl_at "audit list"' -n '__mfactl_without --account' -l account -x -d 'About one address or account only.'
complete -c mfactl -n '__mfactl_at "audit list"' -n '__mfactl_without --kind' -l kind -x -a 'vault_init sign_up sign_up_verify sign_up_resend code_handed_over sign_in sign_in_verify step_up verify sign_out totp_add totp_verify totp_disable backup_codes_regenerate password_check password_change session_use admin_unlock admin_reset_mfa admin_set_password admin_delete vault_backup vault_restore vault_rotate slot_add slot_remove' -d 'Of one kind only.'
complete -c mfactl -n '__mfactl_at "audit list"' -n '__mfactl_without --limit' -l limit -x -d 'The newest N at most.'
complete -c mfactl -n '__mfactl_at "audit list"' -n '__mfactl_without --jsonl' -l jsonl -d 'Print one JSON document per line, as it is read.'
complete -c mfactl -n '__mfactl_at "audit list"' -n '__mfactl_without --field' -l field -x -a 'account_id address_id client_id code created_at data details email_address errors hash kind number object total_count' -d 'Print one value of that document, bare.'

# mfactl audit verify
complete -c mfactl -n '__mfactl_at "audit verify"' -n '__mfactl_without --expect' -l expect -x -d 'A line that this command printed before.'
complete -c mfactl -n '__mfactl_at "audit verify"' -n '__mfactl_without --field' -l field -x -a 'checked_at errors events head id line object status' -d 'Print one value of that document, bare.'

# mfactl config
complete -c mfactl -n '__mfactl_at "config"' -n '__mfactl_without --field' -l field -x -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "config" 0' -a path -d 'Print where the configuration file is, or would be.'
complete -c mfactl -n '__mfactl_at "config" 0' -a list -d 'List every setting.'
complete -c mfactl -n '__mfactl_at "config" 0' -a get -d 'Print the value of one setting that is in force.'
complete -c mfactl -n '__mfactl_at "config" 0' -a set -d 'Set one setting or more in the file. What would loosen a rule is refused.'
complete -c mfactl -n '__mfactl_at "config" 0' -a unset -d 'Take one setting or more out of the file, so that the default counts.'
complete -c mfactl -n '__mfactl_at "config" 0' -a test-mail -d 'Send a mail without a code the way that is configured, to see whether it arrives.'

# mfactl config path
complete -c mfactl -n '__mfactl_at "config path"' -n '__mfactl_without --field' -l field -x -a 'errors exists object path' -d 'Print one value of that document, bare.'

# mfactl config list
complete -c mfactl -n '__mfactl_at "config list"' -n '__mfactl_without --field' -l field -x -a 'data default errors key object source total_count value wanted' -d 'Print one value of that document, bare.'

# mfactl config get
complete -c mfactl -n '__mfactl_at "config get"' -n '__mfactl_without --field' -l field -x -a 'default errors key object source value wanted' -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "config get" 0' -a session.lifetime -d '60 to 604800 seconds'
complete -c mfactl -n '__mfactl_at "config get" 0' -a session.idle -d '60 to 604800 seconds'
complete -c mfactl -n '__mfactl_at "config get" 0' -a mail.port -d '1 to 65535'
complete -c mfactl -n '__mfactl_at "config get" 0' -a mail.timeout -d '1 to 300 seconds'
complete -c mfactl -n '__mfactl_at "config get" 0' -a password.min_length -d '8 to 128 characters'
complete -c mfactl -n '__mfactl_at "config get" 0' -a password.min_score -d '2 to 4 of zxcvbn\'s 0 to 4'
complete -c mfactl -n '__mfactl_at "config get" 0' -a issuer -d '1 to 64 characters without a colon'
complete -c mfactl -n '__mfactl_at "config get" 0' -a mail.sender -d 'an address in ASCII'
complete -c mfactl -n '__mfactl_at "config get" 0' -a mail.host -d 'the name or address of a server'
complete -c mfactl -n '__mfactl_at "config get" 0' -a mail.user -d '1 to 256 characters'
complete -c mfactl -n '__mfactl_at "config get" 0' -a mail.password_file -d 'a path from / on'
complete -c mfactl -n '__mfactl_at "config get" 0' -a mail.transport -d '"maildir" or "smtp"'
complete -c mfactl -n '__mfactl_at "config get" 0' -a mail.security -d '"starttls" or "tls" or "none"'

# mfactl config set
complete -c mfactl -n '__mfactl_at "config set"' -n '__mfactl_without --field' -l field -x -a 'data default errors key object source total_count value wanted' -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "config set" pairs' -a session.lifetime -d '60 to 604800 seconds'
complete -c mfactl -n '__mfactl_at "config set" pairs' -a session.idle -d '60 to 604800 seconds'
complete -c mfactl -n '__mfactl_at "config set" pairs' -a mail.port -d '1 to 65535'
complete -c mfactl -n '__mfactl_at "config set" pairs' -a mail.timeout -d '1 to 300 seconds'
complete -c mfactl -n '__mfactl_at "config set" pairs' -a password.min_length -d '8 to 128 characters'
complete -c mfactl -n '__mfactl_at "config set" pairs' -a password.min_score -d '2 to 4 of zxcvbn\'s 0 to 4'
complete -c mfactl -n '__mfactl_at "config set" pairs' -a issuer -d '1 to 64 characters without a colon'
complete -c mfactl -n '__mfactl_at "config set" pairs' -a mail.sender -d 'an address in ASCII'
complete -c mfactl -n '__mfactl_at "config set" pairs' -a mail.host -d 'the name or address of a server'
complete -c mfactl -n '__mfactl_at "config set" pairs' -a mail.user -d '1 to 256 characters'
complete -c mfactl -n '__mfactl_at "config set" pairs' -a mail.password_file -d 'a path from / on'
complete -c mfactl -n '__mfactl_at "config set" pairs' -a mail.transport -d '"maildir" or "smtp"'
complete -c mfactl -n '__mfactl_at "config set" pairs' -a mail.security -d '"starttls" or "tls" or "none"'
complete -c mfactl -n '__mfactl_after "config set" mail.transport' -a maildir
complete -c mfactl -n '__mfactl_after "config set" mail.transport' -a smtp
complete -c mfactl -n '__mfactl_after "config set" mail.security' -a starttls
complete -c mfactl -n '__mfactl_after "config set" mail.security' -a tls
complete -c mfactl -n '__mfactl_after "config set" mail.security' -a none
complete -c mfactl -n '__mfactl_after "config set" mail.password_file' -F

# mfactl config unset
complete -c mfactl -n '__mfactl_at "config unset"' -n '__mfactl_without --field' -l field -x -a 'data default errors key object source total_count value wanted' -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "config unset"' -a session.lifetime -d '60 to 604800 seconds'
complete -c mfactl -n '__mfactl_at "config unset"' -a session.idle -d '60 to 604800 seconds'
complete -c mfactl -n '__mfactl_at "config unset"' -a mail.port -d '1 to 65535'
complete -c mfactl -n '__mfactl_at "config unset"' -a mail.timeout -d '1 to 300 seconds'
complete -c mfactl -n '__mfactl_at "config unset"' -a password.min_length -d '8 to 128 characters'
complete -c mfactl -n '__mfactl_at "config unset"' -a password.min_score -d '2 to 4 of zxcvbn\'s 0 to 4'
complete -c mfactl -n '__mfactl_at "config unset"' -a issuer -d '1 to 64 characters without a colon'
complete -c mfactl -n '__mfactl_at "config unset"' -a mail.sender -d 'an address in ASCII'
complete -c mfactl -n '__mfactl_at "config unset"' -a mail.host -d 'the name or address of a server'
complete -c mfactl -n '__mfactl_at "config unset"' -a mail.user -d '1 to 256 characters'
complete -c mfactl -n '__mfactl_at "config unset"' -a mail.password_file -d 'a path from / on'
complete -c mfactl -n '__mfactl_at "config unset"' -a mail.transport -d '"maildir" or "smtp"'
complete -c mfactl -n '__mfactl_at "config unset"' -a mail.security -d '"starttls" or "tls" or "none"'

# mfactl config test-mail
complete -c mfactl -n '__mfactl_at "config test-mail"' -n '__mfactl_without --field' -l field -x -a 'errors object to_email_address transport' -d 'Print one value of that document, bare.'

# mfactl totp
complete -c mfactl -n '__mfactl_at "totp"' -n '__mfactl_without --offset' -l offset -x -d 'The code at another moment.'
complete -c mfactl -n '__mfactl_at "totp"' -n '__mfactl_without --field' -l field -x -a 'code errors object step valid_until' -d 'Print one value of that document, bare.'

# mfactl completion
complete -c mfactl -n '__mfactl_at "completion"' -n '__mfactl_without --field' -l field -x -a 'errors lines name object' -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "completion" 0' -a bash
complete -c mfactl -n '__mfactl_at "completion" 0' -a zsh
complete -c mfactl -n '__mfactl_at "completion" 0' -a fish

# mfactl help
complete -c mfactl -n '__mfactl_at "help"' -n '__mfactl_without --field' -l field -x -a 'errors lines name object' -d 'Print one value of that document, bare.'
complete -c mfactl -n '__mfactl_at "help" 0' -a signup -d 'Start a sign-up: an address, a password, a mailed code.'
complete -c mfactl -n '__mfactl_at "help" 0' -a signin -d 'Sign in with the password.'
complete -c mfactl -n '__mfactl_at "help" 0' -a verify -d 'Enter the code that mfactl is waiting for, or verify the session.'
complete -c mfactl -n '__mfactl_at "help" 0' -a signout -d 'End the session.'
complete -c mfactl -n '__mfactl_at "help" 0' -a mfa -d 'Add, confirm and remove the authenticator app.'
complete -c mfactl -n '__mfactl_at "help" 0' -a backup-codes -d 'Replace the backup codes.'
complete -c mfactl -n '__mfactl_at "help" 0' -a account -d 'Look at the account, change its password.'
complete -c mfactl -n '__mfactl_at "help" 0' -a outbox -d 'Read the mail that mfactl delivered.'
complete -c mfactl -n '__mfactl_at "help" 0' -a vault -d 'Make, check, copy and re-key the encrypted vault.'
complete -c mfactl -n '__mfactl_at "help" 0' -a admin -d 'Act as the owner: list, unlock, reset, delete.'
complete -c mfactl -n '__mfactl_at "help" 0' -a audit -d 'See what happened, and that it is all there.'
complete -c mfactl -n '__mfactl_at "help" 0' -a config -d 'Look at the settings and change them.'
complete -c mfactl -n '__mfactl_at "help" 0' -a totp -d 'Print the code of a secret: the phone\'s side, for scripts.'
complete -c mfactl -n '__mfactl_at "help" 0' -a completion -d 'Print the completion script of a shell.'
complete -c mfactl -n '__mfactl_at "help" 0' -a help -d 'Show a command\'s help, exit statuses, variables or files.'
complete -c mfactl -n '__mfactl_at "help" 0' -a exit-codes -d 'The exit statuses, and the error codes of --json.'
complete -c mfactl -n '__mfactl_at "help" 0' -a environment -d 'The variables that mfactl looks at.'
complete -c mfactl -n '__mfactl_at "help" 0' -a files -d 'Where the vault, its key and the other files are.'
complete -c mfactl -n '__mfactl_at "help" 0' -a json -d 'What --json prints, and how to pick from it.'

# mfactl help signup

# mfactl help signin

# mfactl help verify

# mfactl help signout

# mfactl help mfa
complete -c mfactl -n '__mfactl_at "help mfa" 0' -a add -d 'Make a secret for an authenticator app, and show it.'
complete -c mfactl -n '__mfactl_at "help mfa" 0' -a verify -d 'Confirm the authenticator app with the code that it shows, and get the backup codes.'
complete -c mfactl -n '__mfactl_at "help mfa" 0' -a disable -d 'Remove the authenticator app, and the backup codes with it.'

# mfactl help mfa add

# mfactl help mfa verify

# mfactl help mfa disable

# mfactl help backup-codes
complete -c mfactl -n '__mfactl_at "help backup-codes" 0' -a regenerate -d 'Replace all backup codes by ten new ones, shown this once; the old ones are void.'

# mfactl help backup-codes regenerate

# mfactl help account
complete -c mfactl -n '__mfactl_at "help account" 0' -a show -d 'Show the account page.'
complete -c mfactl -n '__mfactl_at "help account" 0' -a password -d 'Change the password. Takes the current one and the new one; other sessions end.'

# mfactl help account show

# mfactl help account password

# mfactl help outbox
complete -c mfactl -n '__mfactl_at "help outbox" 0' -a list -d 'List the messages, the newest first.'
complete -c mfactl -n '__mfactl_at "help outbox" 0' -a show -d 'Show one message.'
complete -c mfactl -n '__mfactl_at "help outbox" 0' -a code -d 'Print the newest code that was sent to an address.'
complete -c mfactl -n '__mfactl_at "help outbox" 0' -a clear -d 'Remove all messages.'

# mfactl help outbox list

# mfactl help outbox show

# mfactl help outbox code

# mfactl help outbox clear

# mfactl help vault
complete -c mfactl -n '__mfactl_at "help vault" 0' -a init -d 'Make a vault on purpose. Nothing that is there is overwritten.'
complete -c mfactl -n '__mfactl_at "help vault" 0' -a status -d 'Show where the vault is, what unlocks it, and what is unsafe about the set-up.'
complete -c mfactl -n '__mfactl_at "help vault" 0' -a check -d 'Read everything in the vault.'
complete -c mfactl -n '__mfactl_at "help vault" 0' -a backup -d 'Copy the vault into a new file while others use it, and check the copy from end to end.'
complete -c mfactl -n '__mfactl_at "help vault" 0' -a restore -d 'Put a backup in the vault\'s place. Every session ends; what was there is kept beside it.'
complete -c mfactl -n '__mfactl_at "help vault" 0' -a rotate -d 'Make a new data key and seal everything anew under it, in one transaction.'
complete -c mfactl -n '__mfactl_at "help vault" 0' -a slots -d 'Ways to unlock it: files, passphrases, keyring.'

# mfactl help vault init

# mfactl help vault status

# mfactl help vault check

# mfactl help vault backup

# mfactl help vault restore

# mfactl help vault rotate

# mfactl help vault slots
complete -c mfactl -n '__mfactl_at "help vault slots" 0' -a list -d 'List the ways to unlock the vault, the oldest first.'
complete -c mfactl -n '__mfactl_at "help vault slots" 0' -a add -d 'Add a way to unlock the vault.'
complete -c mfactl -n '__mfactl_at "help vault slots" 0' -a remove -d 'Remove a way to unlock the vault; never the last one.'

# mfactl help vault slots list

# mfactl help vault slots add

# mfactl help vault slots remove

# mfactl help admin
complete -c mfactl -n '__mfactl_at "help admin" 0' -a list -d 'List the accounts in the order of their ids, which new accounts do not change.'
complete -c mfactl -n '__mfactl_at "help admin" 0' -a unlock -d 'Lift the lock of an address, with or without an account, and clear its failures.'
complete -c mfactl -n '__mfactl_at "help admin" 0' -a reset-mfa -d 'Remove the app and the backup codes of somebody who has lost both. Sessions end.'
complete -c mfactl -n '__mfactl_at "help admin" 0' -a set-password -d 'Set the password of somebody who has forgotten it. The second factor stays. Sessions end.'
complete -c mfactl -n '__mfactl_at "help admin" 0' -a delete -d 'Remove an account for good. Its sessions end, and its address is free again.'

# mfactl help admin list

# mfactl help admin unlock

# mfactl help admin reset-mfa

# mfactl help admin set-password

# mfactl help admin delete

# mfactl help audit
complete -c mfactl -n '__mfactl_at "help audit" 0' -a list -d 'List what happened, the oldest first.'
complete -c mfactl -n '__mfactl_at "help audit" 0' -a verify -d 'Read every event.'

# mfactl help audit list

# mfactl help audit verify

# mfactl help config
complete -c mfactl -n '__mfactl_at "help config" 0' -a path -d 'Print where the configuration file is, or would be.'
complete -c mfactl -n '__mfactl_at "help config" 0' -a list -d 'List every setting.'
complete -c mfactl -n '__mfactl_at "help config" 0' -a get -d 'Print the value of one setting that is in force.'
complete -c mfactl -n '__mfactl_at "help config" 0' -a set -d 'Set one setting or more in the file. What would loosen a rule is refused.'
complete -c mfactl -n '__mfactl_at "help config" 0' -a unset -d 'Take one setting or more out of the file, so that the default counts.'
complete -c mfactl -n '__mfactl_at "help config" 0' -a test-mail -d 'Send a mail without a code the way that is configured, to see whether it arrives.'

# mfactl help config path

# mfactl help config list

# mfactl help config get

# mfactl help config set

# mfactl help config unset

# mfactl help config test-mail

# mfactl help totp

# mfactl help completion

# mfactl help help

# Completes mfactl in bash. Made by: mfactl completion bash
# shellcheck shell=bash disable=SC2034 # _mfactl reads what the other functions set

# What there is at a path of commands.
_mfactl_at() {
    case $1 in
        '')
            commands='signup signin verify signout mfa backup-codes account outbox vault admin audit config totp completion help'
            options='--version --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'signup')
            commands=''
            options='--password-stdin --password-file --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'signin')
            commands=''
            options='--password-stdin --password-file --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'verify')
            commands=''
            options='--backup-code --resend --password-stdin --password-file --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'signout')
            commands=''
            options='--all --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'mfa')
            commands='add verify disable'
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'mfa add')
            commands=''
            options='--format --qr-file --save --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'mfa verify')
            commands=''
            options='--save --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'mfa disable')
            commands=''
            options='-y --yes --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'backup-codes')
            commands='regenerate'
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'backup-codes regenerate')
            commands=''
            options='-y --yes --save --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'account')
            commands='show password'
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'account show')
            commands=''
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'account password')
            commands=''
            options='--password-stdin --password-file --new-password-stdin --new-password-file --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'outbox')
            commands='list show code clear'
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'outbox list')
            commands=''
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'outbox show')
            commands=''
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'outbox code')
            commands=''
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'outbox clear')
            commands=''
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'vault')
            commands='init status check backup restore rotate slots'
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'vault init')
            commands=''
            options='--passphrase --key-file --test --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'vault status')
            commands=''
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'vault check')
            commands=''
            options='--accept-rollback --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'vault backup')
            commands=''
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'vault restore')
            commands=''
            options='-y --yes --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'vault rotate')
            commands=''
            options='--key-file --passphrase-file -y --yes --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'vault slots')
            commands='list add remove'
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'vault slots list')
            commands=''
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'vault slots add')
            commands=''
            options='--passphrase --new-passphrase-stdin --new-passphrase-file --key-file --keyring --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'vault slots remove')
            commands=''
            options='-y --yes --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'admin')
            commands='list unlock reset-mfa set-password delete'
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'admin list')
            commands=''
            options='--locked --with-mfa --without-mfa --limit --after --jsonl --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'admin unlock')
            commands=''
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'admin reset-mfa')
            commands=''
            options='-y --yes --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'admin set-password')
            commands=''
            options='--new-password-stdin --new-password-file --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'admin delete')
            commands=''
            options='-y --yes --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'audit')
            commands='list verify'
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'audit list')
            commands=''
            options='--since --account --kind --limit --jsonl --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'audit verify')
            commands=''
            options='--expect --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'config')
            commands='path list get set unset test-mail'
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'config path')
            commands=''
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'config list')
            commands=''
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'config get')
            commands=''
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'config set')
            commands=''
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'config unset')
            commands=''
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'config test-mail')
            commands=''
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'totp')
            commands=''
            options='--offset --json --field --vault --no-input -q --quiet -h --help'
            ;;
        'completion')
            commands=''
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'help')
            commands='signup signin verify signout mfa backup-codes account outbox vault admin audit config totp completion help'
            options='--json --field --vault --no-input -q --quiet -h --help'
            ;;
        'help mfa')
            commands='add verify disable'
            options=''
            ;;
        'help backup-codes')
            commands='regenerate'
            options=''
            ;;
        'help account')
            commands='show password'
            options=''
            ;;
        'help outbox')
            commands='list show code clear'
            options=''
            ;;
        'help vault')
            commands='init status check backup restore rotate slots'
            options=''
            ;;
        'help vault slots')
            commands='list add remove'
            options=''
            ;;
        'help admin')
            commands='list unlock reset-mfa set-password delete'
            options=''
            ;;
        'help audit')
            commands='list verify'
            options=''
            ;;
        'help config')
            commands='path list get set unset test-mail'
            options=''
            ;;
        *) commands='' options='' ;;
    esac
}

# Notes an option that was given: it is not offered again.
_mfactl_option() {
    case $1 in
        --) ended=yes ;;
        -q | --quiet) given+='-q --quiet ' ;;
        -h | --help) given+='-h --help ' ;;
        -y | --yes) given+='-y --yes ' ;;
        --account | \
            --after | \
            --expect | \
            --field | \
            --format | \
            --kind | \
            --limit | \
            --new-passphrase-file | \
            --new-password-file | \
            --offset | \
            --password-file | \
            --qr-file | \
            --save | \
            --since | \
            --vault)
            option=$1
            given+="$1 "
            ;;
        --key-file | \
            --passphrase-file)
            option=$1
            ;;
        *) given+="${1%%=*} " ;;
    esac
}

# What may be typed for an option of a command.
_mfactl_value() {
    case $1 in
        *' --key-file' | \
            *' --new-passphrase-file' | \
            *' --new-password-file' | \
            *' --passphrase-file' | \
            *' --password-file' | \
            *' --qr-file' | \
            *' --save' | \
            *' --vault')
            files=yes
            ;;
        'signup --field')
            words='abandon_at created_session_id created_user_id custom_action email_address errors external_id first_name id last_name legal_accepted_at missing_fields object optional_fields password_enabled phone_number public_metadata required_fields status unsafe_metadata unverified_fields username verifications web3_wallet'
            ;;
        'signin --field')
            words='abandon_at created_session_id errors first_factor_verification id identifier object second_factor_verification status supported_first_factors supported_identifiers supported_second_factors user_data'
            ;;
        'verify --field')
            words='abandon_at created_session_id created_user_id custom_action email_address errors external_id first_factor_verification first_name id identifier last_name legal_accepted_at level missing_fields object optional_fields password_enabled phone_number public_metadata required_fields second_factor_verification session status supported_first_factors supported_identifiers supported_second_factors unsafe_metadata unverified_fields user_data username verifications web3_wallet'
            ;;
        'signout --field')
            words='abandon_at actor created_at created_session_id created_user_id custom_action email_address errors expire_at external_id factor_verification_age first_factor_verification first_name id identifier last_active_at last_active_organization_id last_active_token last_name legal_accepted_at missing_fields object optional_fields password_enabled phone_number public_metadata public_user_data required_fields second_factor_verification status supported_first_factors supported_identifiers supported_second_factors tasks unsafe_metadata unverified_fields updated_at user user_data username verifications web3_wallet'
            ;;
        'mfa add --format')
            words='qr ascii uri secret'
            ;;
        'mfa add --field' | \
            'mfa verify --field')
            words='backup_codes created_at errors id object secret updated_at uri verified'
            ;;
        'mfa disable --field' | \
            'vault slots remove --field' | \
            'admin delete --field')
            words='deleted errors id object'
            ;;
        'backup-codes regenerate --field')
            words='codes created_at errors id object updated_at'
            ;;
        'account show --field' | \
            'account password --field' | \
            'admin reset-mfa --field' | \
            'admin set-password --field')
            words='backup_code_enabled backup_codes_remaining banned create_organization_enabled created_at delete_self_enabled email_addresses enterprise_accounts errors external_accounts external_id first_name has_image id last_active_at last_name last_sign_in_at legal_accepted_at locked lockout_expires_in_seconds mfa_disabled_at mfa_enabled_at object passkeys password_enabled password_last_updated_at phone_numbers primary_email_address_id primary_phone_number_id primary_web3_wallet_id public_metadata saml_accounts totp_enabled totp_last_used_at two_factor_enabled updated_at username verification_attempts_remaining web3_wallets'
            ;;
        'outbox list --field' | \
            'vault slots list --field')
            words='data errors object total_count'
            ;;
        'outbox show --field')
            words='body created_at errors from_email_address id object subject to_email_address'
            ;;
        'outbox code --field')
            words='code created_at email_address errors object'
            ;;
        'outbox clear --field')
            words='deleted_count errors object path'
            ;;
        'vault init --field' | \
            'vault status --field')
            words='client_file errors format generation id key_file object outbox path permissions_checked slots test unlocked_with warnings'
            ;;
        'vault check --field')
            words='checked_at errors events head id object records status'
            ;;
        'vault backup --field')
            words='created_at errors head id object path size_bytes'
            ;;
        'vault restore --field')
            words='errors from_path head id object path replaced_path restored'
            ;;
        'vault rotate --field')
            words='dropped_slots errors generation id object slots'
            ;;
        'vault slots add --field')
            words='created_at errors id kdf kind object'
            ;;
        'admin list --field')
            words='backup_code_enabled backup_codes_remaining banned create_organization_enabled created_at data delete_self_enabled email_addresses enterprise_accounts errors external_accounts external_id first_name has_image id last_active_at last_name last_sign_in_at legal_accepted_at locked lockout_expires_in_seconds mfa_disabled_at mfa_enabled_at object passkeys password_enabled password_last_updated_at phone_numbers primary_email_address_id primary_phone_number_id primary_web3_wallet_id public_metadata saml_accounts total_count totp_enabled totp_last_used_at two_factor_enabled updated_at username verification_attempts_remaining web3_wallets'
            ;;
        'admin unlock --field')
            words='backup_code_enabled backup_codes_remaining banned create_organization_enabled created_at delete_self_enabled email_address email_addresses enterprise_accounts errors external_accounts external_id first_name has_image id last_active_at last_name last_sign_in_at legal_accepted_at locked lockout_expires_in_seconds mfa_disabled_at mfa_enabled_at object passkeys password_enabled password_last_updated_at phone_numbers primary_email_address_id primary_phone_number_id primary_web3_wallet_id public_metadata saml_accounts totp_enabled totp_last_used_at two_factor_enabled updated_at username verification_attempts_remaining web3_wallets'
            ;;
        'audit list --kind')
            words='vault_init sign_up sign_up_verify sign_up_resend code_handed_over sign_in sign_in_verify step_up verify sign_out totp_add totp_verify totp_disable backup_codes_regenerate password_check password_change session_use admin_unlock admin_reset_mfa admin_set_password admin_delete vault_backup vault_restore vault_rotate slot_add slot_remove'
            ;;
        'audit list --field')
            words='account_id address_id client_id code created_at data details email_address errors hash kind number object total_count'
            ;;
        'audit verify --field')
            words='checked_at errors events head id line object status'
            ;;
        'config path --field')
            words='errors exists object path'
            ;;
        'config list --field' | \
            'config set --field' | \
            'config unset --field')
            words='data default errors key object source total_count value wanted'
            ;;
        'config get --field')
            words='default errors key object source value wanted'
            ;;
        'config test-mail --field')
            words='errors object to_email_address transport'
            ;;
        'totp --field')
            words='code errors object step valid_until'
            ;;
        'completion --field' | \
            'help --field')
            words='errors lines name object'
            ;;
    esac
}

# What may be typed for an argument of a command.
_mfactl_argument() {
    case $1 in
        'signup 0')
            wanted=yes
            ;;
        'signin 0')
            wanted=yes
            ;;
        'verify '*)
            wanted=yes
            ;;
        'mfa verify '*)
            wanted=yes
            ;;
        'outbox show 0')
            wanted=yes
            ;;
        'outbox code 0')
            wanted=yes
            ;;
        'vault check 0')
            wanted=yes
            files=yes
            ;;
        'vault backup 0')
            wanted=yes
            files=yes
            ;;
        'vault restore 0')
            wanted=yes
            files=yes
            ;;
        'vault slots remove 0')
            wanted=yes
            ;;
        'admin list 0')
            wanted=yes
            ;;
        'admin unlock 0')
            wanted=yes
            ;;
        'admin reset-mfa 0')
            wanted=yes
            ;;
        'admin set-password 0')
            wanted=yes
            ;;
        'admin delete 0')
            wanted=yes
            ;;
        'config get 0')
            wanted=yes
            words='session.lifetime session.idle mail.port mail.timeout password.min_length password.min_score issuer mail.sender mail.host mail.user mail.password_file mail.transport mail.security'
            ;;
        'config set '*)
            wanted=yes
            if ((count % 2 == 0)); then
                words='session.lifetime session.idle mail.port mail.timeout password.min_length password.min_score issuer mail.sender mail.host mail.user mail.password_file mail.transport mail.security'
            else
                case $last in
                    mail.transport) words='maildir smtp' ;;
                    mail.security) words='starttls tls none' ;;
                    mail.password_file) files=yes ;;
                esac
            fi
            ;;
        'config unset '*)
            wanted=yes
            words='session.lifetime session.idle mail.port mail.timeout password.min_length password.min_score issuer mail.sender mail.host mail.user mail.password_file mail.transport mail.security'
            ;;
        'config test-mail 0')
            wanted=yes
            ;;
        'completion 0')
            wanted=yes
            words='bash zsh fish'
            ;;
        'help 0')
            wanted=yes
            words='exit-codes environment files json'
            ;;
    esac
}
# A word of the files that begin with what is typed.
_mfactl_files() {
    if [[ ! $prefix ]] && ((BASH_VERSINFO[0] >= 4)); then
        compopt -o default
        return
    fi
    local file
    for file in "$typed"*; do
        [[ -e $file ]] || continue
        [[ -d $file ]] && file=$file/
        printf -v file %q "$file"
        COMPREPLY[${#COMPREPLY[@]}]=$prefix$file
    done
    ((BASH_VERSINFO[0] >= 4)) && compopt -o nospace
    return 0
}

_mfactl() {
    local typed=$2 IFS=$' \t\n'
    local path='' commands='' options='' words='' files='' wanted=''
    local word option='' ended='' rest='' given=' ' last='' prefix=''
    local -i i count=0
    COMPREPLY=()

    _mfactl_at ''
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $rest ]]; then # of a word that was cut, or the file of a redirection
            rest=''
            continue
        fi
        case $word in
            = | :*)
                [[ $option ]] || rest=word
                continue
                ;;
            *[\<\>]*)
                rest='file'
                continue
                ;;
        esac
        if [[ $option ]]; then # this is its value
            option=''
            continue
        fi
        if [[ ! $ended && $word == -* ]]; then
            _mfactl_option "$word"
            continue
        fi
        if [[ " $commands " == *" $word "* ]]; then
            path=${path:+$path }$word
            _mfactl_at "$path"
        elif [[ $commands ]]; then
            return
        else
            last=$word
            ((count += 1))
        fi
    done

    case ${COMP_WORDS[COMP_CWORD]}:$option in
        :*:* | =:) return ;;
    esac
    if [[ $rest ]]; then
        [[ $rest != file ]] || _mfactl_files
        return
    elif [[ $option ]]; then
        _mfactl_value "$path $option"
    elif [[ ! $ended && $typed == --*=* ]]; then # = does not cut words here
        prefix=${typed%%=*}=
        typed=${typed#*=}
        _mfactl_value "$path ${prefix%=}"
    elif [[ ! $ended && $typed == -* ]]; then
        words=$options
    else
        _mfactl_argument "$path $count"
        words="$commands $words"
        [[ $commands || $wanted || $ended || $typed ]] || words=$options
    fi

    if [[ $files ]]; then
        _mfactl_files
        return
    fi
    for word in $words; do
        if [[ $word == "$typed"* && $given != *" $word "* ]]; then
            COMPREPLY[${#COMPREPLY[@]}]=$prefix$word
        fi
    done
}

complete -F _mfactl mfactl

# shellcheck shell=bash
# What the scripts say: to standard error, and in colour only where a person looks on.

if [[ -t 2 && -z "${NO_COLOR:-}" && "${TERM:-dumb}" != dumb ]]; then
    bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
else
    bold='' red='' plain=''
fi

# One step of the work begins.
say() {
    printf '%s==>%s %s\n' "$bold" "$plain" "$*" >&2
}

# Something went wrong, and the caller goes on.
complain() {
    printf '%serror:%s %s\n' "$red" "$plain" "$*" >&2
}

# Something went wrong, and there is no going on.
fail() {
    complain "$@"
    exit 1
}

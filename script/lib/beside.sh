# shellcheck shell=bash
# Runs a part of a script beside the rest of it, and ends it with the script, however that ends.

declare -A beside=()

# Starts a command, or a function, under a name. It has a process group of its own, because signals have to reach all that
# it starts.
start_beside() {
    local name=$1
    shift
    set -m
    "$@" </dev/null &
    beside[$name]=$!
    set +m
}

# Waits until it has ended, and ends as it did; at once if it was never started.
wait_for() {
    local process=${beside[$1]:-}
    [[ -n "$process" ]] || return 0
    unset "beside[$1]"
    wait "$process"
}

end_beside() {
    local process
    for process in "${beside[@]}"; do
        kill -TERM -- "-$process" 2>/dev/null || true
    done
}
trap end_beside EXIT
# Of a signal's own accord Bash ends in the middle of what EXIT wants.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

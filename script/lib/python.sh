# shellcheck shell=bash
# Environments of Python packages with exact versions.

# shellcheck source-path=SCRIPTDIR source=output.sh
source "${BASH_SOURCE[0]%/*}/output.sh"

# Makes an environment in a folder, and makes it anew when its list of packages or Python changed.
python_environment() {
    local folder=$1 requirements=$2 wanted
    wanted=$(python3 --version && cat "$requirements") || return 1
    if [[ "$(cat "$folder/made-of" 2>/dev/null)" != "$wanted" ]]; then
        say "Making a Python environment in $folder"
        python3 -m venv --clear "$folder" &&
            "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements" &&
            printf '%s\n' "$wanted" >"$folder/made-of"
    fi
}

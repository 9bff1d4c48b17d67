# shellcheck shell=bash
# Finds out what Debian 12 or Ubuntu 24.04 lacks to build and to test Hookwire, and installs it with apt.
# Each line names a package and what proves it is there: a file (a pattern), or a command.
# Evidence rather than dpkg's list, because images and toolchains bring the same files under other package names.

# shellcheck disable=SC2034 # the lists are for the script that sources this file
# shellcheck source-path=SCRIPTDIR source=output.sh
source "${BASH_SOURCE[0]%/*}/output.sh"

oldest_swift=6.2

# What the Swift compiler and the package manager need to start, then what compiling and linking need.
build_packages=(
    'libcurl4           file    /usr/lib/*/libcurl.so.4'
    'libncurses6        file    /usr/lib/*/libncurses.so.6'
    'libsqlite3-0       file    /usr/lib/*/libsqlite3.so.0'
    'libxml2            file    /usr/lib/*/libxml2.so.2'
    'ca-certificates    file    /etc/ssl/certs/ca-certificates.crt'
    'tzdata             file    /usr/share/zoneinfo/UTC'
    'git                command git'
    'binutils           command ld'
    'g++                file    /usr/include/c++/*/vector'
    'zlib1g-dev         file    /usr/include/zlib.h'
    'libssl-dev         file    /usr/include/openssl/evp.h'
    'libxml2-dev        file    /usr/include/libxml2/libxml/parser.h'
    'libhiredis-dev     file    /usr/include/hiredis/hiredis.h'
    'libsqlite3-dev     file    /usr/include/sqlite3.h'
)

# What the tests need on top.
test_packages=(
    'redis-server       command redis-server'
    'python3-venv       python  ensurepip'
    'podman             command podman'
    'runc               file    /usr/*bin/runc'
    'netavark           file    /usr/lib/podman/netavark'
    'aardvark-dns       file    /usr/lib/podman/aardvark-dns'
    'iptables           file    /usr/*bin/iptables'
    'iproute2           file    /usr/*bin/bridge'
    'haproxy            file    /usr/sbin/haproxy'
    'debootstrap        file    /usr/*bin/debootstrap'
    'dpkg-dev           command dpkg-shlibdeps'
    'systemd            command systemd-analyze'
    'caddy              command caddy'
    'nginx              file    /usr/sbin/nginx'
    'sqlite3            command sqlite3'
    'groff-base         command groff'
    'prometheus         command promtool'
    'nodejs             command node'
    'chromium           command chromium'
    'node-ws            file    /usr/share/nodejs/ws/package.json'
    'shellcheck         command shellcheck'
)

# What script/package makes packages with.
package_packages=(
    'dpkg-dev           command dpkg-shlibdeps'
    'binutils           command strip'
    'python3            command python3'
)

# What script/instructions counts with.
instruction_packages=(
    'valgrind           command valgrind'
    'libc6-dbg          file    /usr/lib/debug/.build-id'
)

# What script/bench measures beside Hookwire.
bench_packages=(
    'nginx              file    /usr/sbin/nginx'
    'libnginx-mod-nchan file    /usr/lib/nginx/modules/ngx_nchan_module.so'
    'redis-server       command redis-server'
    'python3-venv       python  ensurepip'
)

# Ends the script with one sentence unless there is a `swift`. Asked first, before anything is installed.
require_swift() {
    command -v swift >/dev/null || fail \
        "Swift $oldest_swift or later is not on the PATH: install it with swiftly (https://www.swift.org/install)," \
        "or work in a container made from the image swift:6.3."
}

# Ends the script unless `swift` starts and is new enough. Asked once its libraries are there.
require_working_swift() {
    local version
    version=$(swift --version 2>&1) || fail "The Swift toolchain at $(command -v swift) does not start: $version"
    version=$(sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' <<<"$version" | head -n 1)
    [[ "$(printf '%s\n' "$oldest_swift" "$version" | sort -V | head -n 1)" == "$oldest_swift" ]] || fail \
        "Swift $version is too old, Hookwire needs $oldest_swift: update it with swiftly (https://www.swift.org/install)," \
        "or work in a container made from the image swift:6.3."
}

# Prints the packages, of the lines given, whose evidence is missing.
missing_packages() {
    local line package kind evidence
    for line in "$@"; do
        read -r package kind evidence <<<"$line"
        case "$kind" in
            file) compgen -G "$evidence" >/dev/null ;;
            command) command -v "$evidence" >/dev/null ;;
            python) python3 -c "import $evidence" 2>/dev/null ;;
        esac || printf '%s\n' "$package"
    done
}

as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    else
        sudo "$@"
    fi
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q "$@"
}

# Installs what is missing of the lines given, says what, and is silent when nothing is.
install_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0

    command -v apt-get >/dev/null || fail \
        "Missing on this system: ${missing[*]} (Debian's names). Install them with your package manager, then try again."
    [[ $EUID -eq 0 ]] || command -v sudo >/dev/null || fail \
        "Missing on this system: ${missing[*]}. Run \"apt-get install ${missing[*]}\" as root, then try again."

    say "Installing ${missing[*]} with apt"
    # The package lists may be absent (a fresh image) or too old for the mirror: fetched then, and only then.
    local install=(install --yes --no-install-recommends "${missing[@]}")
    if ! apt-get --simulate "${install[@]}" >/dev/null 2>&1 || ! apt_get "${install[@]}"; then
        apt_get update
        apt_get "${install[@]}"
    fi
}

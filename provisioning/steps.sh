# What both installers do alike; read by install-server and install-kiosk. bash.
# shellcheck shell=bash

bundle=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
prefix=/opt/lintel

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }
fail() {
    printf 'install: %s\n' "$*" >&2
    exit 1
}

# Whether systemd runs here; without it (a chroot, an image that is being made) units are enabled, and start with the boot.
booted() { [ -d /run/systemd/system ]; }

# As root, on a Debian or Raspberry Pi OS that we know, out of a bundle.
look_around() {
    [ "$(id -u)" = 0 ] || fail "run it as root"
    # shellcheck disable=SC1091
    . /etc/os-release
    case "${ID:-}:${VERSION_ID:-}" in
        debian:12 | raspbian:12) wanted=3.11 ;;
        debian:13 | raspbian:13) wanted=3.13 ;;
        *) fail "this is ${PRETTY_NAME:-unknown}; Debian 12 or 13 is needed, or Raspberry Pi OS of the same age" ;;
    esac
    case "$(dpkg --print-architecture)" in
        amd64 | arm64) ;;
        *) fail "$(dpkg --print-architecture) is none we have wheels for: amd64 or arm64 is (on a Raspberry Pi the 64-bit system)" ;;
    esac
    [ -f "$bundle/SHA256SUMS" ] || fail "this is no bundle: run make bundle, and the installer in build/lintel-VERSION"
    version=$(cat "$bundle/VERSION")
    export version wanted
}

# What was changed or lost on the way is not installed.
prove_bundle() {
    step "Proving the bundle"
    (cd "$bundle" && sha256sum --check --quiet --strict SHA256SUMS) || fail "the bundle is not what was made"
    say "lintel $version: $(wc -l <"$bundle/SHA256SUMS") files as they were made"
}

# Debian's packages that are missing, without what they only recommend.
packages() {
    local missing=()
    for each in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$each" 2>/dev/null | grep -qx installed || missing+=("$each")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    step "Installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update || say "the package lists could not be renewed; going on with those that are here"
    apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
}

# A user who signs in nowhere. $1 its name, $2 its home.
user() {
    getent passwd "$1" >/dev/null || adduser --system --group --home "$2" --no-create-home --shell /usr/sbin/nologin "$1" >/dev/null
}

# /opt/lintel/releases/VERSION: a virtual environment of the bundle's wheels, each by its digest, and of nothing else.
# $1 the lock (server or kiosk). A release that is there whole is left as it is.
release() {
    local to=$prefix/releases/$version
    if [ -f "$to/.whole-$1" ] && [ "$(cat "$to/.whole-$1")" = "$(digest "$1")" ]; then
        say "release $version is there"
        return 0
    fi
    step "Installing release $version"
    mkdir -p "$prefix/releases"
    [ -x "$to/bin/python" ] || python3 -m venv "$to"
    local pip=("$to/bin/python" -m pip --disable-pip-version-check --isolated --quiet install --no-index --find-links "$bundle/wheels")
    "${pip[@]}" --require-hashes --only-binary=:all: --requirement "$bundle/requirements/$1.txt"
    "${pip[@]}" --no-deps --force-reinstall "$bundle/wheels/lintel-$version-py3-none-any.whl"
    "$to/bin/python" -m compileall -q "$to/lib" || :
    chmod -R go=rX,u+rwX "$to"
    digest "$1" >"$to/.whole-$1"
}

# What a release of that lock is made of.
digest() { cat "$bundle/requirements/$1.txt" "$bundle/wheels/lintel-$version-py3-none-any.whl" | sha256sum | cut -c1-64; }

# The version that runs now, "" for none.
current() { basename "$(readlink "$prefix/current" 2>/dev/null || :)"; }

# `current` leads to that release from now on, at once or not at all.
switch() {
    ln -sfn "releases/$1" "$prefix/.current.new"
    mv -T "$prefix/.current.new" "$prefix/current"
    sync -f "$prefix" 2>/dev/null || sync
}

# Old releases go but for the one that runs and the one before. $1 the one before.
tidy() {
    for each in "$prefix"/releases/*; do
        case $(basename "$each") in
            "$version" | "$1" | "$(current)") ;;
            *) rm -rf "$each" && say "removed old release $(basename "$each")" ;;
        esac
    done
}

# Our units of systemd, as they are in this bundle. What a house has otherwise stands in drop-ins, which stay.
units() {
    for each in "$@"; do
        install -m 0644 "$bundle/systemd/$each" "/etc/systemd/system/$each"
    done
    if booted; then systemctl daemon-reload; fi
}

# Writes a file whole or not at all: $1 its rights, $2 its place; the text on stdin.
put() {
    install -d "$(dirname "$2")"
    install -m "$1" /dev/null "$2.new"
    cat >"$2.new"
    mv -f "$2.new" "$2"
}

# A file that is written once, and is the house's own from then on: $1 the file, $2 its rights, $3 whose; the text on stdin.
once() {
    if [ -e "$1" ]; then
        say "$1 is kept as it is"
        cat >/dev/null
        return 0
    fi
    install -D -m "$2" -o root -g "$3" /dev/null "$1"
    cat >"$1"
    say "$1 written"
}

#!/bin/sh
# Sets up the virtual environment that the Makefile works with, or adds packages to it.
#
#   usage: tools/environment.sh FOLDER SENTENCE PIP_ARGUMENT...
#
# Says SENTENCE and nothing else; what the installer has to say goes to FOLDER/setup.log, and is shown when it
# fails. Versions come from constraints.txt, those of build tools included. Works with any Python from 3.11 on;
# PYTHON names a certain one. `uv` is used where it is on PATH, because it is quicker.
set -eu

folder=$1
sentence=$2
shift 2
log=$folder/setup.log

# What the distributions' pyproject.toml build with.
BUILD_TOOLS="hatchling editables"

# uv's isolated builds do not look at --constraint, only at the variables.
export PIP_CONSTRAINT=constraints.txt UV_CONSTRAINT=constraints.txt UV_BUILD_CONSTRAINT=constraints.txt

main() {
    announce
    has_environment || create_environment
    install "$@" >>"$log" 2>&1 || fail
}

announce() {
    printf '%s\n' "$sentence"
    mkdir -p "$folder"
    : >"$log"
}

has_environment() {
    is_new_enough "$folder/bin/python"
}

create_environment() {
    python=$(find_python)
    rm -rf "$folder"
    mkdir -p "$folder"
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --seed --allow-existing --python "$python" "$folder" >>"$log" 2>&1 || fail
    else
        "$python" -m venv "$folder" >>"$log" 2>&1 || fail
    fi
}

install() {
    if command -v uv >/dev/null 2>&1; then
        uv pip install --python "$folder/bin/python" "$@"
    else
        # shellcheck disable=SC2086  # they are words
        pip_install $BUILD_TOOLS
        pip_install --no-build-isolation "$@"
    fi
}

# An isolated build would fetch its tools anew for each distribution, and most of what is installed is never imported:
# both together take half of the time.
pip_install() {
    "$folder/bin/python" -m pip install --disable-pip-version-check --no-compile "$@"
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_new_enough "$PYTHON" || refuse "PYTHON=$PYTHON is not a Python 3.11 or newer."
        printf '%s\n' "$PYTHON"
        return
    fi
    for candidate in python3 python3.13 python3.12 python3.11; do
        if is_new_enough "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    refuse "rundbrief needs Python 3.11 or newer, and none is on PATH ($(python3 --version 2>&1 || true))."
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

refuse() {
    printf '%s\n' "$1" "Install one, or name it: make PYTHON=/path/to/python3.12" >&2
    exit 1
}

fail() {
    printf '\n' >&2
    tail -n 30 "$log" >&2
    printf '\nSetting up the environment failed; the above is the end of %s.\n' "$log" >&2
    exit 1
}

main "$@"

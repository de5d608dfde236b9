#!/bin/sh
# Makes a virtual environment be what a lock says; does nothing when it already is.
#
#   scripts/environment.sh FOLDER LOCK
#
# PYTHON chooses the interpreter. Without it: the first of python3.13, python3.12, python3.11 and python3
# that starts and is 3.11 or newer.
set -eu

cd "$(dirname "$0")/.."
folder=$1
lock=$2
python="$folder/bin/python"
lock_stamp="$folder/.installed-lock"       # the lock the packages come from
project_stamp="$folder/.installed-project" # the project's own metadata: its version and commands

fail() {
    printf 'make: %s\n' "$@" >&2
    exit 1
}

runs() { # a name on PATH is not enough: version managers leave names there that do not start
    "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for name in python3.13 python3.12 python3.11 python3; do
        if runs "$name"; then
            echo "$name"
            return
        fi
    done
    fail "Python 3.11 or newer is needed and none was found (python3: $(python3 -V 2>&1 || true))." \
        "Install one (Debian 12, Ubuntu 24.04: apt install python3 python3-venv)" \
        "or name it: make demo PYTHON=/path/to/python3.12"
}

create() {
    if [ -z "${PYTHON:-}" ]; then
        base=$(find_python)
    else
        base=$PYTHON
        runs "$base" || fail "PYTHON=$base does not start or is older than 3.11 ($("$base" -V 2>&1 || true))."
    fi
    "$base" -c 'import venv, ensurepip' 2>/dev/null ||
        fail "$base cannot make virtual environments: its ensurepip module is missing." \
            "Debian and Ubuntu ship it apart: apt install python3-venv"
    echo "Making $folder with $("$base" -V) ($(command -v "$base"))"
    "$base" -m venv "$@" "$folder"
}

identity() { "$1" -c 'import sys; print(sys.version_info[:3], sys.base_prefix)' 2>/dev/null || echo broken; }

usable() { # it starts, and it is the interpreter asked for, if one was
    there=$(identity "$python")
    [ "$there" != broken ] && { [ -z "${PYTHON:-}" ] || [ "$there" = "$(identity "$PYTHON")" ]; }
}

content() { echo "$1 $(cksum <"$1")"; }

made_from() { [ -f "$lock_stamp" ] && [ "$(cat "$lock_stamp")" = "$(content "$1")" ]; }

complete() { # the development lock holds everything the core lock holds
    made_from "$lock" || made_from requirements-dev.lock
}

install() {
    "$python" -m pip install --disable-pip-version-check --no-input --no-deps -qq "$@" ||
        fail "The installation did not succeed; pip says why above."
}

if [ -e "$folder" ] && [ ! -f "$folder/pyvenv.cfg" ]; then
    fail "$folder exists and is no virtual environment. Choose another: make … VENV=.venv-new"
elif [ ! -e "$folder" ]; then
    create
elif ! usable; then
    create --clear
elif [ -f "$lock_stamp" ] && ! complete && ! made_from requirements.lock; then
    create --clear # the lock has changed: nothing of the old one stays behind
fi

if ! complete; then
    rm -f "$lock_stamp"
    if ! "$python" -m pip --version >/dev/null 2>&1; then # the folder was made by a tool that leaves pip out
        "$python" -m ensurepip --default-pip >/dev/null || fail "$folder has no pip. Remove it and try again."
    fi
    began=$(date +%s)
    echo "Installing the $(grep -c == "$lock") packages of $lock (exact versions, hashes checked)"
    install --require-hashes --only-binary=:all: --requirement "$lock"
    content "$lock" >"$lock_stamp"
    echo "  done in $(($(date +%s) - began)) s"
fi

if [ ! -f "$project_stamp" ] || [ "$(cat "$project_stamp")" != "$(content pyproject.toml)" ]; then
    echo "Installing the project itself from this folder"
    install --no-build-isolation --no-index --editable .
    content pyproject.toml >"$project_stamp"
fi

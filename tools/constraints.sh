#!/bin/sh
# Renews constraints.txt: installs everything into an empty environment, and writes down what came.
#
#   usage: tools/constraints.sh "TOOL TOOL ..." PIP_ARGUMENT...
#
# Run it with the oldest Python that is supported (make constraints PYTHON=python3.11): backports that only the
# older ones need are then pinned too. Uses pip alone, so that the result does not depend on what is installed.
set -eu

tools=$1
shift
python=${PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

install() {
    "$folder/venv/bin/python" -m pip install "$@" >"$folder/log" 2>&1 || { tail -n 30 "$folder/log" >&2; exit 1; }
}

echo "Looking for the newest versions (about a minute) ..."
"$python" -m venv "$folder/venv"
# The build tool is installed by name: an isolated build would leave no trace of its version.
# shellcheck disable=SC2086  # a list of names
install --upgrade editables pip $tools
install "$@"

{
    echo "# The versions that \`make\` and CI install. Renew: make constraints PYTHON=python3.11"
    "$folder/venv/bin/python" -m pip freeze --all --exclude-editable 2>>"$folder/log" |
        grep -v '^setuptools==' | LC_ALL=C sort -f
} >"$folder/constraints.txt"
mv "$folder/constraints.txt" constraints.txt
echo "constraints.txt is new; run \`make test\` with every supported Python before you commit it."

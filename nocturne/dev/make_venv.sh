#!/bin/sh
# Make .venv with what requirements.txt names, unless it stands already. Run from the top of the clone.
set -eu
stamp=.venv/installed.txt
if cmp -s requirements.txt "$stamp" && .venv/bin/python -c '' 2>/dev/null; then
    exit 0
fi

fits() { "$1" -c 'import sys, venv; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; }

# Each candidate is run: a name on the PATH may be a shim that leads nowhere.
find_python() {
    set -- "$(UV_PYTHON_DOWNLOADS=never uv python find 2>/dev/null || true)" \
        python3.13 python3.12 python3.14 python3 python \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[3-9]*/bin/python3 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12*/bin/python3 \
        "$HOME"/.local/share/uv/python/cpython-3.1[2-9]*/bin/python3 \
        /opt/homebrew/bin/python3 /usr/local/bin/python3
    for candidate; do
        if [ -n "$candidate" ] && fits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

seconds() { date +%s; }
began=$(seconds)

if ! { [ -x .venv/bin/python ] && fits .venv/bin/python; }; then
    if ! python=$(find_python); then
        found=$(python3 -c 'import sys; print("python3 is %d.%d" % sys.version_info[:2])' 2>/dev/null || echo "no python3 runs here")
        if command -v pyenv >/dev/null 2>&1; then
            mend="pyenv install 3.13"
        elif command -v uv >/dev/null 2>&1; then
            mend="uv python install 3.13"
        elif command -v brew >/dev/null 2>&1; then
            mend="brew install python@3.13"
        else
            mend="curl -LsSf https://astral.sh/uv/install.sh | sh && ~/.local/bin/uv python install 3.13"
        fi
        echo "Nocturne needs Python 3.12 or newer and $found: $mend" >&2
        exit 1
    fi
    echo "Making .venv with $("$python" -c 'import sys; print("Python %d.%d.%d, " % sys.version_info[:3] + sys.executable)')" >&2
    rm -rf .venv
    # Debian keeps what venv needs for pip in a package of its own; the pip that is there then serves the new one.
    "$python" -m venv .venv >/dev/null 2>&1 || "$python" -m venv --without-pip --clear .venv
fi

echo "Installing requirements.txt ..." >&2
# uv is in requirements.txt itself, with its hashes; it installs the rest ten times as fast as pip.
awk '/^[a-z]/ { uv = /^uv==/ } uv' requirements.txt >.venv/uv.txt
if .venv/bin/python -m pip --version >/dev/null 2>&1; then
    pip() { .venv/bin/python -m pip "$@"; }
else
    pip() { "$python" -m pip --python .venv/bin/python "$@"; }
fi
if ! .venv/bin/python -m uv --version >/dev/null 2>&1; then
    pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt || true
fi
if ! .venv/bin/python -m uv pip install --quiet --compile-bytecode --python .venv/bin/python --require-hashes -r requirements.txt; then
    echo "uv could not; trying pip ..." >&2
    pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
fi
cp requirements.txt "$stamp"
echo "Installed in $(($(seconds) - began)) s" >&2

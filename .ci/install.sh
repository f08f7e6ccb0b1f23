# Sourced by tests/run and .ci/run: puts tools beside the code, never into the system where that can be helped.
# Each of these does nothing when it has already done its work for the same versions.
# shellcheck shell=bash

# system_package <package>: from apt, the only thing here that touches the machine.
system_package() {
  local as=()
  command -v apt-get >/dev/null || { echo "Please install $1: there is no apt-get here to do it." >&2; return 1; }
  if [ "$(id -u)" -ne 0 ]; then as=(sudo -n); fi
  echo "Installing $1 with apt-get" >&2
  "${as[@]}" apt-get update -qq
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >&2
}

# python_env <folder> <requirements>: a virtual environment with exactly these.
python_env() {
  if cmp -s "$2" "$1/requirements.txt"; then return; fi
  python3 -c 'import ensurepip' 2>/dev/null || system_package python3-venv
  rm -rf "$1"
  python3 -m venv "$1"
  "$1/bin/pip" install --quiet --disable-pip-version-check -r "$2"
  # Copied last: an interrupted installation starts anew.
  cp "$2" "$1/requirements.txt"
}

# node_packages <folder>: what the folder's lock file says.
node_packages() {
  if cmp -s "$1/package-lock.json" "$1/node_modules/.lock"; then return; fi
  npm ci --prefix "$1" --no-audit --no-fund --loglevel=error
  cp "$1/package-lock.json" "$1/node_modules/.lock"
}

# a_browser: Chromium, and what drives it; Debian keeps the two in packages of one version.
a_browser() {
  local name
  command -v chromedriver >/dev/null || system_package chromium-driver
  for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then return; fi
  done
  system_package chromium
}

# Creates the virtual environment $1 and installs requirements.lock, each file verified by its hash.
set -eu
venv=$1
if [ ! -x "$venv/bin/python" ]; then
  found=
  for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      found=$candidate
      break
    fi
  done
  if [ -z "$found" ]; then
    echo "Python 3.11 or newer is needed; there is none on the PATH."
    echo "  -> install it (Debian, Ubuntu: python3 and python3-venv), or name it: make setup PYTHON=/path/to/python3"
    exit 1
  fi
  if ! "$found" -m venv "$venv"; then
    rm -rf "$venv"
    echo "$found cannot make a virtual environment."
    echo "  -> Debian, Ubuntu: let an administrator run apt-get install python3-venv"
    exit 1
  fi
fi
echo "Installing the packages of requirements.lock into $venv (about 350 MB once) ..."
[ -t 1 ] && quiet= || quiet=--quiet
"$venv/bin/python" -m pip install $quiet --require-hashes -r requirements.lock || {
  echo "The packages could not be installed; see above. What arrived is kept; run it again."
  exit 1
}

#!/bin/sh
# `docker run IMAGE app.js` and `docker run IMAGE --version` mean node; anything that is a command is run as it is.
set -e
case "${1:-}" in
  -*) set -- node "$@" ;;
  *) command -v "${1:-node}" >/dev/null 2>&1 || set -- node "$@" ;;
esac
exec "$@"

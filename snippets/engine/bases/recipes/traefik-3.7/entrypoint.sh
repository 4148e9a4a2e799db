#!/bin/sh
set -e
# As the image has it: settings alone are meant for the program.
if [ "${1#-}" != "$1" ] || [ $# -eq 0 ]; then set -- traefik "$@"; fi
exec "$@"

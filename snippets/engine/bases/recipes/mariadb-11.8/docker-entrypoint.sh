#!/bin/bash
# Starts MariaDB as the official image's entry point does, as far as the snippets here depend on it:
# an empty data directory is initialised first, root steps down to mysql, and what is no server runs as it is.
set -Eeuo pipefail

DATA=/var/lib/mysql SOCKET=/run/mysqld/mysqld.sock

# setting NAME: its value, taken from the file that NAME_FILE names where that is set.
setting() {
  local file=$1_FILE
  if [[ -n ${!1:-} && -n ${!file:-} ]]; then
    printf 'Error: both %s and %s are set (but are exclusive)\n' "$1" "$file" >&2
    exit 1
  fi
  if [[ -n ${!file:-} ]]; then export "$1=$(<"${!file}")"; else export "$1=${!1:-}"; fi
  unset "$file"
}

quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/[\\\\']/\\\\&/g")"; }

initialise() {
  if [[ -z $MARIADB_ROOT_PASSWORD && -z $MARIADB_RANDOM_ROOT_PASSWORD ]]; then
    printf 'Error: Database is uninitialized and password option is not specified\n' >&2
    exit 1
  fi
  mariadb-install-db --datadir="$DATA" --rpm --auth-root-authentication-method=normal --skip-test-db \
    --old-mode='UTF8_IS_UTF8MB3' --default-time-zone=SYSTEM --enforce-storage-engine= >/dev/null
  # On its socket only: nobody reaches the server over the network before it is set up.
  "$@" --skip-networking --default-time-zone=SYSTEM --socket="$SOCKET" --wsrep_on=OFF &
  local server=$! tries=0
  until mariadb --protocol=socket --socket="$SOCKET" --user=root --execute='SELECT 1' >/dev/null 2>&1; do
    kill -0 "$server" && ((tries++ < 300)) || { printf 'Error: the server does not start\n' >&2; exit 1; }
    sleep 0.2
  done
  local root=${MARIADB_ROOT_PASSWORD:-$(head --bytes=24 /dev/urandom | base64)}
  {
    [[ -z $MARIADB_DATABASE ]] || printf 'CREATE DATABASE IF NOT EXISTS `%s`;\n' "$MARIADB_DATABASE"
    if [[ -n $MARIADB_USER ]]; then
      printf "CREATE USER %s@'%%' IDENTIFIED BY %s;\n" "$(quoted "$MARIADB_USER")" "$(quoted "$MARIADB_PASSWORD")"
      [[ -z $MARIADB_DATABASE ]] ||
        printf "GRANT ALL ON \`%s\`.* TO %s@'%%';\n" "${MARIADB_DATABASE//_/\\_}" "$(quoted "$MARIADB_USER")"
    fi
    printf "ALTER USER 'root'@'localhost' IDENTIFIED BY %s;\n" "$(quoted "$root")"
  } | mariadb --protocol=socket --socket="$SOCKET" --user=root
  kill "$server"
  wait "$server"
}

[[ ${1:-} != -* ]] || set -- mariadbd "$@"
[[ ${1:-} == mariadbd ]] || exec "$@"
for name in MARIADB_ROOT_PASSWORD MARIADB_RANDOM_ROOT_PASSWORD MARIADB_DATABASE MARIADB_USER MARIADB_PASSWORD; do
  setting "$name"
done

if (($(id -u) == 0)); then
  find "$DATA" /run/mysqld ! -user mysql -exec chown mysql: '{}' +
  exec setpriv --reuid=mysql --regid=mysql --init-groups "$0" "$@"
fi
[[ -d $DATA/mysql ]] || initialise "$@"
exec "$@"

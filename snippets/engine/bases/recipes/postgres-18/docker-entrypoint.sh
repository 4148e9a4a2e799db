#!/bin/bash
# Starts PostgreSQL as the official image's entry point does, as far as the snippets here depend on it:
# an empty data directory is initialised first, root steps down to postgres, and what is no server runs as it is.
set -Eeuo pipefail
shopt -s nullglob

# fail LINE...
fail() {
  printf 'Error: %s\n' "$1" >&2
  shift
  (($# == 0)) || printf '       %s\n' "$@" >&2
  exit 1
}

# setting NAME [DEFAULT]: exports NAME, its value taken from the file that NAME_FILE names where that is set.
setting() {
  local name=$1 file=$1_FILE value=${2:-}
  [[ -z ${!name:-} || -z ${!file:-} ]] || fail "both $name and $file are set (but are exclusive)"
  if [[ -n ${!name:-} ]]; then
    value=${!name}
  elif [[ -n ${!file:-} ]]; then
    value=$(<"${!file}")
  fi
  export "$name=$value"
  unset "$file"
}

# Scripts in /docker-entrypoint-initdb.d may call this.
docker_process_sql() {
  PGHOST='' PGHOSTADDR='' psql --set ON_ERROR_STOP=1 --no-password --no-psqlrc \
    --username "$POSTGRES_USER" ${POSTGRES_DB:+--dbname "$POSTGRES_DB"} "$@"
}

# Before version 18 the data lay elsewhere: an old database, or a volume mounted where nothing would be written to it.
refuse_old_places() {
  [[ $PGDATA == "/var/lib/postgresql/$PG_MAJOR/docker" ]] || return 0
  local place found=()
  for place in /var/lib/postgresql /var/lib/postgresql/data /var/lib/postgresql/*/docker; do
    [[ ! -s $place/PG_VERSION ]] || found+=("$place")
  done
  if ((${#found[@]} == 0)) && mountpoint --quiet /var/lib/postgresql/data; then
    found+=('/var/lib/postgresql/data (unused mount/volume)')
  fi
  ((${#found[@]} == 0)) || fail \
    'in 18+, these Docker images keep their data in a directory named after the major version.' \
    "Counter to that, there appears to be PostgreSQL data in: ${found[*]}" \
    'Mount one volume at /var/lib/postgresql instead; data of an older version needs pg_upgrade.'
}

initialise() {
  if [[ -z $POSTGRES_PASSWORD && $POSTGRES_HOST_AUTH_METHOD != trust ]]; then
    fail 'Database is uninitialized and superuser password is not specified.' \
      'Set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE (or POSTGRES_HOST_AUTH_METHOD=trust, which lets everybody in).'
  fi
  refuse_old_places
  ls /docker-entrypoint-initdb.d >/dev/null

  local given=() password
  password=$(mktemp)
  printf '%s\n' "$POSTGRES_PASSWORD" >"$password"
  eval "given=($POSTGRES_INITDB_ARGS)"
  if getent passwd "$(id -u)" >/dev/null; then
    initdb --username="$POSTGRES_USER" --pwfile="$password" "${given[@]}"
  else
    # initdb wants a name for its user id.
    local passwd group
    passwd=$(mktemp) group=$(mktemp)
    printf 'postgres:x:%s:%s::%s:/bin/false\n' "$(id -u)" "$(id -g)" "$PGDATA" >"$passwd"
    printf 'postgres:x:%s:\n' "$(id -g)" >"$group"
    LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=$passwd NSS_WRAPPER_GROUP=$group \
      initdb --username="$POSTGRES_USER" --pwfile="$password" "${given[@]}"
    rm "$passwd" "$group"
  fi
  rm "$password"

  [[ $1 != postgres ]] || shift
  local method
  method=${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption "$@")}
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"

  # On its socket only: nobody reaches the server over the network before it is set up.
  export PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}
  PGUSER=${PGUSER:-$POSTGRES_USER} pg_ctl --pgdata="$PGDATA" --wait \
    --options="$(printf '%q ' "$@" -c listen_addresses= -p "${PGPORT:-5432}")" start
  if [[ $POSTGRES_DB != postgres ]]; then
    POSTGRES_DB=postgres docker_process_sql --set name="$POSTGRES_DB" <<<'CREATE DATABASE :"name";'
  fi
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    printf '%s: %s\n' "$0" "$file"
    case $file in
      *.sh) if [[ -x $file ]]; then "$file"; else . "$file"; fi ;;
      *.sql) docker_process_sql --file "$file" ;;
      *.sql.gz) gunzip --stdout "$file" | docker_process_sql ;;
      *) printf '%s: ignoring %s\n' "$0" "$file" ;;
    esac
  done
  PGUSER=${PGUSER:-postgres} pg_ctl --pgdata="$PGDATA" --mode=fast --wait stop
  unset PGPASSWORD
  printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

[[ ${1:-} != -* ]] || set -- postgres "$@"
[[ ${1:-} == postgres ]] || exec "$@"
for argument; do
  case $argument in
    '-?' | --help | --describe-config | -V | --version) exec "$@" ;;
  esac
done

setting POSTGRES_PASSWORD
setting POSTGRES_USER postgres
setting POSTGRES_DB "$POSTGRES_USER"
setting POSTGRES_INITDB_ARGS
: "${POSTGRES_HOST_AUTH_METHOD:=}"

mkdir --parents "$PGDATA" /run/postgresql || :
chmod 0700 "$PGDATA" || :
chmod 3775 /run/postgresql || :
if (($(id -u) == 0)); then
  find "$PGDATA" /run/postgresql ! -user postgres -exec chown postgres '{}' +
  export HOME=/var/lib/postgresql
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

if [[ -s $PGDATA/PG_VERSION ]]; then
  printf '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n'
else
  initialise "$@"
fi
exec "$@"

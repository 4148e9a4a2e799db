# The application's own role: owner of all that is its own, and of
# nothing else. What breaks into it is no superuser either.
psql --username=postgres --dbname=app --set=ON_ERROR_STOP=1 \
    --set=password="$(cat /run/secrets/database_password)" <<'SQL'
CREATE ROLE app LOGIN PASSWORD :'password';
ALTER DATABASE app OWNER TO app;
SQL

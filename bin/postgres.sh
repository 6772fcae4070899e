# A PostgreSQL server of our own, for bin/test and bin/bench: in a temporary folder, on a free port, stopped by pid.

POSTGRES_USER=""
POSTGRES_DATA=""
POSTGRES_PORT=""

# Where initdb and pg_ctl are: the newest version that is installed.
postgres_bin() {
    local found
    found=$(find /usr/lib/postgresql/*/bin -name pg_ctl 2>/dev/null | sort -V | tail -n 1)
    [[ -n $found ]] || found=$(command -v pg_ctl) || return 1
    dirname "$found"
}

# PostgreSQL refuses to run as root, so root runs it as the user that its package made.
as_postgres() {
    if [[ -n $POSTGRES_USER ]]; then
        setpriv --reuid "$POSTGRES_USER" --regid "$POSTGRES_USER" --init-groups -- "$@"
    else
        "$@"
    fi
}

# Starts a server of its own on a free port; arguments are further options of the server.
start_postgres() {
    local bin attempt log=${WORK:-/tmp}/initdb.log
    bin=$(postgres_bin)
    POSTGRES_DATA=$(mktemp -d)
    if ((EUID == 0)); then
        POSTGRES_USER=postgres
        chown postgres "$POSTGRES_DATA"
    fi
    as_postgres "$bin/initdb" -D "$POSTGRES_DATA/db" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$log"
    for attempt in 1 2 3 4 5; do
        POSTGRES_PORT=$(free_port)
        if as_postgres "$bin/pg_ctl" -D "$POSTGRES_DATA/db" -w -t 60 -l "$POSTGRES_DATA/log" start -o "-p $POSTGRES_PORT \
            -h 127.0.0.1 -k $POSTGRES_DATA -c max_connections=300 $*" >/dev/null; then
            return
        fi
        echo "PostgreSQL did not start on port $POSTGRES_PORT (attempt $attempt)" >&2
    done
    cat "$POSTGRES_DATA/log" >&2
    return 1
}

stop_postgres() {
    [[ -n $POSTGRES_DATA ]] || return 0
    if [[ -e $POSTGRES_DATA/db/postmaster.pid ]]; then
        as_postgres "$(postgres_bin)/pg_ctl" -D "$POSTGRES_DATA/db" -w -m immediate stop >/dev/null || true
    fi
    rm -rf "$POSTGRES_DATA"
    POSTGRES_DATA=""
}

free_port() {
    node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

# A PostgreSQL server of our own, for bin/test and bin/bench: in a temporary folder, on a free port, stopped by pid.

POSTGRES_PID=""
POSTGRES_DATA=""
POSTGRES_PORT=""

# Where initdb and pg_ctl are: the newest version that is installed.
postgres_bin() {
    local found
    found=$(find /usr/lib/postgresql/*/bin -name pg_ctl 2>/dev/null | sort -V | tail -n 1)
    [[ -n $found ]] || found=$(command -v pg_ctl) || return 1
    dirname "$found"
}

# Turns this shell into one of PostgreSQL's programs, so that its pid is the program's own. PostgreSQL refuses to run as
# root, so root runs it as the user that its package made. It ends with the shell that started it, however that ends.
become_postgres() {
    local who=()
    if ((EUID == 0)); then who=(--reuid postgres --regid postgres --init-groups); fi
    cd / # it has no right to be where we are
    exec setpriv "${who[@]}" --pdeathsig QUIT -- "$@"
}

# Starts a server of its own on a free port; arguments are further options of the server.
start_postgres() {
    local bin attempt
    bin=$(postgres_bin)
    POSTGRES_DATA=$(mktemp -d)
    if ((EUID == 0)); then chown postgres "$POSTGRES_DATA"; fi
    (become_postgres "$bin/initdb" -D "$POSTGRES_DATA/db" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync) \
        >"$POSTGRES_DATA/initdb.log"
    for attempt in 1 2 3 4 5; do
        POSTGRES_PORT=$(free_port)
        become_postgres "$bin/postgres" -D "$POSTGRES_DATA/db" -p "$POSTGRES_PORT" -h 127.0.0.1 -k "$POSTGRES_DATA" \
            -c max_connections=300 "$@" </dev/null >"$POSTGRES_DATA/log" 2>&1 &
        POSTGRES_PID=$!
        while kill -0 "$POSTGRES_PID" 2>/dev/null; do
            if "$bin/pg_isready" -q -h 127.0.0.1 -p "$POSTGRES_PORT"; then return; fi
            sleep 0.1
        done
        echo "PostgreSQL did not start on port $POSTGRES_PORT (attempt $attempt)" >&2
    done
    cat "$POSTGRES_DATA/log" >&2
    return 1
}

stop_postgres() {
    if [[ -n $POSTGRES_PID ]]; then
        kill -QUIT "$POSTGRES_PID" 2>/dev/null || true
        wait "$POSTGRES_PID" || true
        POSTGRES_PID=""
    fi
    if [[ -n $POSTGRES_DATA ]]; then rm -rf "$POSTGRES_DATA"; fi
    POSTGRES_DATA=""
}

free_port() {
    node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

-- Lists of gifts that were taken in: what their rows without a key are known by, what the columns of a program's lists
-- are, and files that wait at the desk.

CREATE TABLE gift_lists (
    id BIGINT PRIMARY KEY NOT NULL,
    fund_id BIGINT NOT NULL REFERENCES funds (id),
    -- SHA-256 of the file. The same file may come twice when it was said to be taken again.
    digest BYTEA NOT NULL,
    file_name TEXT NOT NULL,
    row_count BIGINT NOT NULL,
    gift_count BIGINT NOT NULL,
    has_letters BOOLEAN NOT NULL,
    -- Sixteen bytes for each row without a key, in the order of the file.
    prints BYTEA NOT NULL,
    taken_at TIMESTAMP NOT NULL,
    taken_by TEXT NOT NULL
);

CREATE INDEX gift_lists_fund ON gift_lists (fund_id, id);

-- Receipts that are not to be sent: their gifts came in from lists, perhaps years after they were given.
CREATE TABLE quiet_receipts (
    donation_id BIGINT PRIMARY KEY NOT NULL REFERENCES donations (id)
);

CREATE TABLE gift_list_mappings (
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    heading_digest BYTEA NOT NULL,
    mapping TEXT NOT NULL,
    saved_at TIMESTAMP NOT NULL,
    saved_by TEXT NOT NULL
);

-- Gone after a day.
CREATE TABLE gift_list_uploads (
    id TEXT PRIMARY KEY NOT NULL,
    file_name TEXT NOT NULL,
    content BYTEA NOT NULL,
    mapping TEXT NOT NULL,
    uploaded_at TIMESTAMP NOT NULL,
    uploaded_by TEXT NOT NULL
);

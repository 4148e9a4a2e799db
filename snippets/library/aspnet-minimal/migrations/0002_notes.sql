CREATE TABLE notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    text text NOT NULL,
    -- Encrypted: neither a dump nor whoever
    -- reads the database can tell it.
    contact bytea,
    -- The file's name below UPLOADS, and what its owner called it.
    upload text,
    upload_name text
);

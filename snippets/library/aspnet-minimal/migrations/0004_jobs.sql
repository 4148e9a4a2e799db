-- Counted in the background: NULL until the worker was there.
ALTER TABLE notes ADD COLUMN words integer;

CREATE TABLE jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL,
    due timestamptz NOT NULL DEFAULT now(),
    failures integer NOT NULL DEFAULT 0,
    done timestamptz,
    -- Asked for twice, it is there once.
    UNIQUE (kind, subject)
);

-- What is still to do stays small, however much was done.
CREATE INDEX jobs_to_do ON jobs (due) WHERE done IS NULL;

CREATE TABLE tallies (
    minute timestamptz PRIMARY KEY,
    notes bigint NOT NULL
);

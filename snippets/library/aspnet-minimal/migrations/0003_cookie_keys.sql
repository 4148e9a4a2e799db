-- The keys that sign cookies, sealed by SECRET_KEY.
CREATE TABLE cookie_keys (
    name text PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    xml text NOT NULL
);

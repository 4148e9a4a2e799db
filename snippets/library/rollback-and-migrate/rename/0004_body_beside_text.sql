-- The column gets another name, in three releases. First: both names
-- are there, and either one fills the other. Code that knows the old
-- name only lives on, and so does code that knows the new one only.
ALTER TABLE notes ADD COLUMN body text;

CREATE FUNCTION notes_text_is_body() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.body := coalesce(NEW.body, NEW.text);
        NEW.text := coalesce(NEW.text, NEW.body);
    ELSIF NEW.text IS DISTINCT FROM OLD.text THEN
        NEW.body := NEW.text;
    -- Not of every other change: a row that nobody has filled in
    -- yet has no body, and would lose its text to that.
    ELSIF NEW.body IS DISTINCT FROM OLD.body THEN
        NEW.text := NEW.body;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER notes_text_is_body BEFORE INSERT OR UPDATE ON notes
    FOR EACH ROW EXECUTE FUNCTION notes_text_is_body();

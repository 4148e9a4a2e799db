-- Last, once nobody goes back to code that knows the old name.
DROP TRIGGER notes_text_is_body ON notes;
DROP FUNCTION notes_text_is_body();
ALTER TABLE notes ALTER COLUMN body SET NOT NULL;
ALTER TABLE notes DROP COLUMN text;

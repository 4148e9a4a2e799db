-- What was there before. In a transaction of its own: it locks rows,
-- and none of the table's readers waits for it. Of millions of rows
-- do some thousands at a time, or the last one waits for the first.
UPDATE notes SET body = text WHERE body IS NULL;

-- What was told of a recipient after a provider had taken the mail; NULL: nothing.
ALTER TABLE recipients ADD COLUMN feedback jsonb;

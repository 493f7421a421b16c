-- When the log kept the event at the checkpoint: a log that lost its end has another one there. It is of
-- `event_seq`, because a version that knows nothing of it moves `seq` alone.
ALTER TABLE checkpoint ADD COLUMN event_seq int8, ADD COLUMN event_at timestamptz;

-- The same event by two ways is found by its time and fingerprint. An index that began with the fingerprint, which is random, touched
-- another page for each event; behind the time it grows at its end.
DROP INDEX idx_events_fingerprint;
DROP INDEX idx_events_timestamp;
CREATE INDEX idx_events_timestamp ON events (timestamp, fingerprint, server_made, live_event_id);

-- The guide's PostgreSQL tables in SQLite's terms, with every index that it documents, the doubled one on glue_user_id too.
-- total_events is not in the guide's table, but its code counts there.
CREATE TABLE IF NOT EXISTS users (
  id INTEGER PRIMARY KEY,
  glue_user_id TEXT UNIQUE NOT NULL,
  email TEXT,
  traits TEXT,
  attribution TEXT,
  first_seen TEXT,
  last_seen TEXT,
  identified INTEGER DEFAULT 0,
  identified_at TEXT,
  total_events INTEGER NOT NULL DEFAULT 0,
  created_at TEXT DEFAULT CURRENT_TIMESTAMP,
  updated_at TEXT DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX IF NOT EXISTS idx_users_glue_user_id ON users(glue_user_id);
CREATE INDEX IF NOT EXISTS idx_users_email ON users(email);

CREATE TABLE IF NOT EXISTS events (
  id INTEGER PRIMARY KEY,
  event_id TEXT UNIQUE NOT NULL,
  glue_user_id TEXT NOT NULL,
  session_id TEXT,
  event TEXT NOT NULL,
  timestamp TEXT NOT NULL,
  properties TEXT,
  email TEXT,
  created_at TEXT DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX IF NOT EXISTS idx_events_glue_user_id ON events(glue_user_id);
CREATE INDEX IF NOT EXISTS idx_events_session_id ON events(session_id);
CREATE INDEX IF NOT EXISTS idx_events_event ON events(event);
CREATE INDEX IF NOT EXISTS idx_events_timestamp ON events(timestamp);
CREATE INDEX IF NOT EXISTS idx_events_email ON events(email);

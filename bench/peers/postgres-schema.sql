-- The guide's PostgreSQL tables as it documents them. Only total_events is added: the guide's code counts there.
CREATE TABLE IF NOT EXISTS users (
  id SERIAL PRIMARY KEY,
  glue_user_id VARCHAR(255) UNIQUE NOT NULL,
  email VARCHAR(255),
  traits JSONB,
  attribution JSONB,
  first_seen TIMESTAMP,
  last_seen TIMESTAMP,
  identified BOOLEAN DEFAULT FALSE,
  identified_at TIMESTAMP,
  total_events INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP DEFAULT NOW(),
  updated_at TIMESTAMP DEFAULT NOW()
);

CREATE INDEX IF NOT EXISTS idx_users_glue_user_id ON users(glue_user_id);
CREATE INDEX IF NOT EXISTS idx_users_email ON users(email);

CREATE TABLE IF NOT EXISTS events (
  id SERIAL PRIMARY KEY,
  event_id VARCHAR(255) UNIQUE NOT NULL,
  glue_user_id VARCHAR(255) NOT NULL,
  session_id VARCHAR(255),
  event VARCHAR(100) NOT NULL,
  timestamp TIMESTAMP NOT NULL,
  properties JSONB,
  email VARCHAR(255),
  created_at TIMESTAMP DEFAULT NOW()
);

CREATE INDEX IF NOT EXISTS idx_events_glue_user_id ON events(glue_user_id);
CREATE INDEX IF NOT EXISTS idx_events_session_id ON events(session_id);
CREATE INDEX IF NOT EXISTS idx_events_event ON events(event);
CREATE INDEX IF NOT EXISTS idx_events_timestamp ON events(timestamp);
CREATE INDEX IF NOT EXISTS idx_events_email ON events(email);

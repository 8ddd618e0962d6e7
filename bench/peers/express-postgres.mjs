import { readFileSync } from 'node:fs';
import pg from 'pg';
import { setting } from './environment.mjs';
import { serve } from './express-server.mjs';

// Commits that wait together share one flush of the log, so the pool is larger than pg's 10. On two cores 10, 20 and 64 measured alike:
// there the processors are the limit, not the number of connections.
const pool = new pg.Pool({ connectionString: setting('DATABASE_URL'), max: 20 });
// An idle connection that breaks is replaced by the pool; without a listener it would end the process.
pool.on('error', (error) => console.error('Idle connection lost:', error.message));

await pool.query(readFileSync(new URL('postgres-schema.sql', import.meta.url), 'utf8'));

// Insert and update in one statement: one round trip and one commit, where the guide's two calls would pay two of each.
// Its name has each connection parse and plan it only once.
const track = {
  name: 'track',
  text: `
    WITH tracked AS (
      INSERT INTO events (event_id, glue_user_id, session_id, event, timestamp, properties, email)
      VALUES ($1, $2, $3, $4, $5, $6, $7))
    UPDATE users SET last_seen = $8, total_events = total_events + 1 WHERE glue_user_id = $2`,
};

const store = (event) => pool.query({
  ...track,
  values: [event.event_id, event.glue_user_id, event.session_id, event.event, event.timestamp, event.properties, event.email, event.now],
});

serve({ store, close: () => pool.end() });

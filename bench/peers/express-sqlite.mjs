import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { setting } from './environment.mjs';
import { serve } from './express-server.mjs';

const database = new Database(setting('DATABASE_PATH'));
database.pragma('journal_mode = WAL');
// better-sqlite3 is built with NORMAL for a WAL database, where a commit may be lost with the power.
database.pragma('synchronous = FULL');
database.exec(readFileSync(new URL('sqlite-schema.sql', import.meta.url), 'utf8'));

const insert = database.prepare(`
  INSERT INTO events (event_id, glue_user_id, session_id, event, timestamp, properties, email)
  VALUES (@event_id, @glue_user_id, @session_id, @event, @timestamp, @properties, @email)`);
const touch = database.prepare(`
  UPDATE users SET last_seen = @now, total_events = total_events + 1 WHERE glue_user_id = @glue_user_id`);

// One transaction, so one fsync; the guide's two separate calls would pay two.
const store = database.transaction((event) => {
  insert.run(event);
  touch.run(event);
});

serve({ store, close: () => database.close() });

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';
import { port, setting } from './environment.mjs';

const miniflare = new Miniflare({
  host: '127.0.0.1',
  port,
  modules: true,
  scriptPath: fileURLToPath(new URL('worker.js', import.meta.url)),
  // Else it is the working directory, and workerd loads nothing from outside of it.
  modulesRoot: fileURLToPath(new URL('.', import.meta.url)),
  compatibilityDate: '2026-04-01',
  d1Databases: ['DB'],
  d1Persist: setting('PERSIST_PATH'),
  // Otherwise miniflare asks Cloudflare over the network what request.cf would hold.
  cf: false,
});

const database = await miniflare.getD1Database('DB');
const schema = readFileSync(new URL('sqlite-schema.sql', import.meta.url), 'utf8').replaceAll(/^--.*$/gm, '');
await database.batch(schema.split(';').filter((statement) => statement.trim()).map((statement) => database.prepare(statement)));
console.log(`listening on ${port}`);

// In place of miniflare's own handler, which would end this process with 143. Either way workerd is killed, not asked to end;
// what it has answered is committed by then.
process.removeAllListeners('SIGTERM');
process.once('SIGTERM', () => miniflare.dispose());

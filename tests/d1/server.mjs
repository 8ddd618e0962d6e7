// Starts workerd with the D1 databases that the arguments name, whose files lie in a temporary folder, and prints its address.
// Lives until its standard input ends, so that it never outlives who has started it.
import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';

const miniflare = new Miniflare({
  host: '127.0.0.1',
  port: 0,
  modules: true,
  scriptPath: fileURLToPath(new URL('worker.js', import.meta.url)),
  // Else it is the working directory, and workerd loads nothing from outside of it.
  modulesRoot: fileURLToPath(new URL('.', import.meta.url)),
  compatibilityDate: '2026-04-01',
  d1Databases: process.argv.slice(2),
  // Otherwise miniflare asks Cloudflare over the network what request.cf would hold.
  cf: false,
});

console.log((await miniflare.ready).origin);
process.stdin.on('end', () => miniflare.dispose()).resume();

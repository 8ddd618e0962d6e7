// /glue/track: this server, the ceiling over HTTP and the guide's own servers, each on an empty store, in turn.
import { contestants, missing, start, versions } from '../lib/contestants.mjs';
import { decimals, table, whole } from '../lib/figures.mjs';
import { load } from '../lib/load.mjs';
import { version } from '../lib/machine.mjs';

const connections = [1, 32, 256];
// The first seconds of node and of PostgreSQL are slower than the rest.
const warmUp = 2;

// Other events than those that the peers are given too.
const variants = { returning: { VISITORS: '50000' }, 'own ids': { EVENT_ID: '1' } };

const present = contestants.filter((contestant) => !missing(contestant));

export async function measure({ figures, folder, port, seconds }) {
  for (const count of connections) {
    for (const contestant of present) {
      const server = await start(contestant, port, `${folder}/track`);
      try {
        await load(server, 'track', { connections: count, seconds: warmUp });
        await measureOne(figures, server, `${contestant.name}@${count}`, count, seconds);
      } finally {
        await server.remove();
      }
    }
  }

  for (const [name, environment] of Object.entries(variants)) {
    const server = await start(contestants[0], port, `${folder}/track`);
    try {
      await load(server, 'track', { connections: 256, seconds: warmUp, environment });
      figures.set(name, (await load(server, 'track', { connections: 256, seconds, environment })).rate);
    } finally {
      await server.remove();
    }
  }
}

async function measureOne(figures, server, name, count, seconds) {
  const cpuBefore = server.cpuSeconds;
  const { rate, requests, median, p99 } = await load(server, 'track', { connections: count, seconds });
  figures.set(name, rate);
  figures.set(`${name} median`, median);
  figures.set(`${name} p99`, p99);
  figures.set(`${name} cpu`, ((server.cpuSeconds - cpuBefore) / requests) * 1000);
  figures.set(`${name} peak`, server.memory('VmHWM'));
}

export function report({ figures }) {
  const rows = present.map(({ name, title }) => [
    title,
    ...connections.map((count) => whole(figures.median(`${name}@${count}`))),
    name === 'edge' ? '1' : decimals(figures.ratio('edge@256', `${name}@256`)),
    decimals(figures.median(`${name}@1 median`)),
    decimals(figures.median(`${name}@256 p99`), 1),
    ...usage(figures, name),
  ]);
  const left = contestants.filter(missing).map((contestant) => `Not measured: ${contestant.title}: ${missing(contestant)}.`);
  return [
    '### /glue/track, requests/s, each event durable before its answer',
    table(
      ['server', '1 connection', '32', '256', 'Edge is x times', 'median ms at 1', 'p99 ms at 256', 'CPU s / 1,000', 'peak MB'],
      rows,
    ),
    `DataGlue Edge at 256 connections with event ids of the client's own: ${whole(figures.median('own ids'))} requests/s; with each event from one of `
      + `50,000 returning visitors at random: ${whole(figures.median('returning'))}. Peers: ${versions()}, PostgreSQL ${version('psql', '--version') ?? '(missing)'}.`,
    ...left,
  ];
}

// PostgreSQL and workerd do their work in processes of their own: what their node process used would say nothing.
function usage(figures, name) {
  return ['express-postgres', 'worker-d1'].includes(name)
    ? ['-', '-']
    : [decimals(figures.median(`${name}@256 cpu`), 3), whole(figures.median(`${name}@256 peak`))];
}

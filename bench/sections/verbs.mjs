// The other verbs, and the ceiling of the disk: a bare loop of prepared statements over the same schema.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { contestants, start, disk }from '../lib/contestants.mjs';
import { decimals, table, whole } from '../lib/figures.mjs';
import { load } from '../lib/load.mjs';

const run = promisify(execFile);
const [edge] = contestants;
const warmUp = 1;
const bulkConnections = 8;
const eventsPer = { batch: 1000, sync: 100 };
// As many side by side as in the loop.
const environment = { BROWSERS: '256' };
const loopEvents = 200_000;
const eventsPerCommit = 1000;

export async function measure({ figures, folder, port, seconds }) {
  const at = `${folder}/verbs`;
  await withServer(port, at, async (server) => {
    await load(server, 'identify', { connections: 256, seconds: warmUp });
    figures.set('identify', (await load(server, 'identify', { connections: 256, seconds })).rate);
  });
  for (const verb of ['batch', 'sync']) {
    await measureLoop(figures, verb, port, at);
    await withServer(port, at, async (server) => {
      await load(server, verb, { connections: bulkConnections, seconds: warmUp, environment });
      figures.set(verb, (await load(server, verb, { connections: bulkConnections, seconds, environment })).rate * eventsPer[verb]);
      figures.set(`${verb} peak`, server.memory('VmHWM'));
    });
  }
}

// The loop runs right beside what it is compared with, on a file that the server has made.
async function measureLoop(figures, verb, port, at) {
  const server = await start(edge, port, at);
  try {
    await server.stop();
    const { stdout } = await run(disk, ['loop', `${at}/dataglue.db`, String(loopEvents), String(eventsPerCommit)]);
    figures.set(`loop for ${verb}`, JSON.parse(stdout).events_per_second);
  } finally {
    await server.remove();
  }
}

async function withServer(port, at, use) {
  const server = await start(edge, port, at);
  try {
    await use(server);
  } finally {
    await server.remove();
  }
}

export function report({ figures }) {
  const bulk = Object.keys(eventsPer).map((verb) => [
    `/glue/${verb}, ${eventsPer[verb].toLocaleString('en-US')} events a request, ${bulkConnections} connections`,
    whole(figures.median(verb)),
    whole(figures.median(`loop for ${verb}`)),
    decimals(figures.ratio(verb, `loop for ${verb}`)),
    whole(figures.median(`${verb} peak`)),
  ]);
  return [
    `### In bulk, events/s, beside a bare loop of prepared statements over the same schema, ${eventsPerCommit.toLocaleString('en-US')} events a commit`,
    table(['verb', 'events/s', 'bare loop', 'ratio', 'resident MB'], bulk),
    `/glue/identify, new visitors, 256 connections: ${whole(figures.median('identify'))} requests/s.`,
  ];
}

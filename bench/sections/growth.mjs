// Writes and reads beside ever more stored events, on a machine as small as the one that it is for.
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { contestants, disk }from '../lib/contestants.mjs';
import { decimals, table, whole } from '../lib/figures.mjs';
import { load } from '../lib/load.mjs';
import { dropCaches, MemoryLimit } from '../lib/machine.mjs';
import { Server } from '../lib/server.mjs';

const run = promisify(execFile);
const [edge] = contestants;
const limitBytes = 256 * 1024 * 1024;
const journeys = '100';
const warmUp = 2;
let limit = null;
let cachesDropped = true;

const at = (folder, size) => `${folder}/growth-${size}`;
const settings = (bench, size) => ({ command: edge.command, ...edge.prepare(at(bench.folder, size)), port: bench.port, folder: at(bench.folder, size) });

/** Fills a file for each size, once for all rounds. */
export async function prepare(bench) {
  limit = MemoryLimit.set(limitBytes);
  for (const size of bench.sizes) {
    bench.say(`storing ${size.toLocaleString('en-US')} events`);
    mkdirSync(at(bench.folder, size));
    const server = await Server.start(settings(bench, size));
    await server.stop();
    await run(disk, ['fill', `${at(bench.folder, size)}/dataglue.db`, String(size), journeys]);
  }
}

export async function measure(bench) {
  const { figures, seconds } = bench;
  for (const size of bench.sizes) {
    cachesDropped = dropCaches() && cachesDropped;
    const server = await Server.start({ ...settings(bench, size), limit });
    try {
      const environment = { JOURNEYS: journeys };
      await load(server, 'journey', { connections: 1, seconds: warmUp, environment });
      figures.set(`journey at ${size}`, (await load(server, 'journey', { connections: 1, seconds, environment })).median);
      figures.set(`journeys at ${size}`, (await load(server, 'journey', { connections: 32, seconds, environment })).rate);
      await load(server, 'track', { connections: 256, seconds: warmUp });
      figures.set(`track at ${size}`, (await load(server, 'track', { connections: 256, seconds })).rate);
      figures.set(`peak at ${size}`, server.memory('VmHWM'));
    } finally {
      await server.stop();
    }
  }
}

export async function end() {
  await limit?.remove();
}

export function report({ figures, sizes }) {
  const [none] = sizes;
  const rows = sizes.map((size) => [
    size.toLocaleString('en-US'),
    whole(figures.median(`track at ${size}`)),
    decimals(figures.ratio(`track at ${size}`, `track at ${none}`)),
    decimals(figures.median(`journey at ${size}`)),
    whole(figures.median(`journeys at ${size}`)),
    whole(figures.median(`peak at ${size}`)),
  ]);
  return [
    `**Beside stored events, ${limit ? 'memory held to 256 MB, files included' : 'memory NOT held to 256 MB: no memory group can be set here'}**`,
    table(['events stored', '/glue/track at 256, requests/s', 'ratio', 'a journey of 100 events, median ms', 'journeys/s at 32', 'resident MB'], rows),
    ...(cachesDropped ? [] : ['The page cache could not be emptied before each measurement, so reads may have been served from what others had read.']),
  ];
}

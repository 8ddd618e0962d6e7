// Reports over a year of a shop whose visitors were stored through the server, on a machine as small as the one that it is for.
import { mkdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { contestants } from '../lib/contestants.mjs';
import { decimals, median, table, whole } from '../lib/figures.mjs';
import { dropCaches, MemoryLimit } from '../lib/machine.mjs';
import { Server } from '../lib/server.mjs';
import { fillShop } from '../lib/shop.mjs';

const [edge] = contestants;
const limitBytes = 256 * 1024 * 1024;
const eventsOfPerson = 20;
const times = 3;
const key = 'the-key-of-the-bench-0123456789';
const lastDay = Date.parse('2026-11-28T00:00:00Z');
const year = 'from=2025-11-01&to=2026-11-28';
const month = 'from=2026-10-30&to=2026-11-28';
const reports = {
  overview: 'overview?',
  funnel: 'funnel?steps=page_view,add_to_cart,purchase&',
  attribution: 'attribution?by=channel&',
  retention: 'retention?',
  people: 'people?',
  paths: 'paths?',
};
let limit = null;

const settings = (bench) => {
  const { environment, ...rest } = edge.prepare(folderOf(bench));
  return { command: edge.command, ...rest, environment: { ...environment, API_KEY: key, MAX_BULK_BYTES: String(8 << 20) }, port: bench.port, folder: folderOf(bench) };
};
const folderOf = (bench) => `${bench.folder}/reports`;
const sizeOf = (bench) => Math.max(...bench.sizes);

export async function prepare(bench) {
  const events = sizeOf(bench);
  bench.say(`storing ${events.toLocaleString('en-US')} events of a shop through the server`);
  rmSync(folderOf(bench), { recursive: true, force: true });
  mkdirSync(folderOf(bench));
  const server = await Server.start(settings(bench));
  try {
    await fillShop(server, { events, people: Math.ceil(events / eventsOfPerson), end: lastDay, key, say: bench.say });
    // A report waits for what is not copied yet, and says so after half a minute.
    while ((await ask(server, `overview?${month}`)).status !== 200) {
      await sleep(1_000);
    }
  } finally {
    await server.stop();
  }
  limit = MemoryLimit.set(limitBytes);
}

export async function measure(bench) {
  const { figures } = bench;
  dropCaches();
  const server = await Server.start({ ...settings(bench), limit });
  try {
    figures.set('overview, cold', (await ask(server, `${reports.overview}${month}`)).milliseconds);
    for (const [name, path] of Object.entries(reports)) {
      figures.set(`${name}, month`, await warm(server, path + month));
      figures.set(`${name}, all`, await warm(server, path + year));
    }
    figures.set('export, MB/s', await exported(server));
    figures.set('report peak', server.memory('VmHWM'));
  } finally {
    await server.stop();
  }
}

async function warm(server, path) {
  const taken = [];
  for (let i = 0; i < times; i++) {
    const { status, milliseconds } = await ask(server, path);
    if (status !== 200) {
      throw new Error(`${path} got ${status}`);
    }
    taken.push(milliseconds);
  }
  return median(taken);
}

async function ask(server, path) {
  const began = performance.now();
  const reply = await fetch(`${server.url}/glue/reports/${path}`, { headers: { 'x-api-key': key } });
  await reply.arrayBuffer();
  return { status: reply.status, milliseconds: performance.now() - began };
}

async function exported(server) {
  const began = performance.now();
  const reply = await fetch(`${server.url}/glue/export?table=events&${month}`, { headers: { 'x-api-key': key, 'accept-encoding': 'identity' } });
  let bytes = 0;
  for await (const part of reply.body) {
    bytes += part.length;
  }
  return bytes / 1e6 / ((performance.now() - began) / 1_000);
}

export async function end() {
  await limit?.remove();
}

export function report(bench) {
  const { figures } = bench;
  const seconds = (name) => decimals(figures.median(name) === undefined ? undefined : figures.median(name) / 1_000);
  return [
    `### Reports over ${sizeOf(bench).toLocaleString('en-US')} events of ${Math.ceil(sizeOf(bench) / eventsOfPerson).toLocaleString('en-US')} visitors, ${limit ? 'memory held to 256 MB, files included' : 'memory NOT held to 256 MB: no memory group can be set here'}`,
    table(['report', '30 days, s', 'all of a year, s'], Object.keys(reports).map((name) => [name, seconds(`${name}, month`), seconds(`${name}, all`)])),
    `The first overview of 30 days after a start, with nothing in memory: ${seconds('overview, cold')} s. Export: ${whole(figures.median('export, MB/s'))} MB/s. Resident at the peak: ${whole(figures.median('report peak'))} MB.`,
  ];
}

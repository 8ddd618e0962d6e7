// Writes and reads beside ever more stored events, on a machine as small as the one that it is for.
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { contestants, disk } from '../lib/contestants.mjs';
import { decimals, median, table, whole } from '../lib/figures.mjs';
import { load } from '../lib/load.mjs';
import { dropCaches, MemoryLimit } from '../lib/machine.mjs';
import { Server } from '../lib/server.mjs';

const run = promisify(execFile);
const [edge] = contestants;
const limitBytes = 256 * 1024 * 1024;
const journeys = 100;
const warmUp = 2;
const day = 24 * 60 * 60 * 1000;
// What a round adds is nothing beside more events than this; smaller files are made anew for each round.
const largestOfRound = 1_000_000;
let limit = null;
let cachesDropped = true;

const at = (folder, size) => `${folder}/growth-${size}`;
const settings = (bench, size) => ({ command: edge.command, ...edge.prepare(at(bench.folder, size)), port: bench.port, folder: at(bench.folder, size) });

export async function prepare(bench) {
  limit = MemoryLimit.set(limitBytes);
  for (const size of bench.sizes.filter((each) => each > largestOfRound)) {
    bench.say(`storing ${size.toLocaleString('en-US')} events`);
    await fill(bench, size);
  }
}

async function fill(bench, size) {
  rmSync(at(bench.folder, size), { recursive: true, force: true });
  mkdirSync(at(bench.folder, size));
  const server = await Server.start(settings(bench, size));
  await server.stop();
  if (size > 0) {
    await run(disk, ['fill', `${at(bench.folder, size)}/dataglue.db`, String(size), String(journeys)]);
  }
}

export async function measure(bench) {
  const { figures, seconds } = bench;
  for (const size of bench.sizes) {
    if (size <= largestOfRound) {
      await fill(bench, size);
    }
    cachesDropped = dropCaches() && cachesDropped;
    const server = await Server.start({ ...settings(bench, size), limit });
    try {
      if (size > 0) {
        await measureReads(figures, server, size, seconds);
      }
      await measureIdentifications(figures, server, size, seconds);
      await load(server, 'track', { connections: 256, seconds: warmUp });
      figures.set(`track at ${size}`, (await load(server, 'track', { connections: 256, seconds })).rate);
      figures.set(`peak at ${size}`, server.memory('VmHWM'));
    } finally {
      await server.stop();
    }
  }
}

async function measureReads(figures, server, size, seconds) {
  figures.set(`first read at ${size}`, await firstReads(server));
  const environment = { JOURNEYS: String(journeys) };
  figures.set(`journey at ${size}`, (await load(server, 'journey', { connections: 1, seconds, environment })).median);
  figures.set(`journeys at ${size}`, (await load(server, 'journey', { connections: 32, seconds, environment })).rate);
  figures.set(`person at ${size}`, await personReads(server));
}

// New browsers under load; then, one after the other, a browser that has identified before, and browsers that identify late: one that has done
// nothing else, and the crowd, which has a tenth of all events.
async function measureIdentifications(figures, server, size, seconds) {
  figures.set(`identify at ${size}`, (await load(server, 'identify', { connections: 256, seconds })).rate);
  const now = Date.now();
  figures.set(`returning at ${size}`, await identifications(server, 'returning', (i) => now + i));
  for (const browser of ['empty', 'crowd']) {
    await identify(server, browser, 'last', now);
    figures.set(`late for ${browser} at ${size}`, await identifications(server, browser, (i) => now - day * (85 - i)));
  }
}

async function identifications(server, browser, timeOf) {
  const times = [];
  for (let i = 0; i < 80; i++) {
    const began = performance.now();
    await identify(server, browser, `${browser}_${i}`, timeOf(i));
    times.push(performance.now() - began);
  }
  return median(times);
}

async function identify(server, browser, name, timestamp) {
  const body = { glue_user_id: browser, email: `${name}@shop.example`, event_id: `identify_${browser}_${name}`, timestamp, traits: { plan: name } };
  const reply = await fetch(`${server.url}/glue/identify`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!reply.ok) {
    throw new Error(`An identification got ${reply.status}: ${await reply.text()}`);
  }
}

// A person on ten browsers with 100 events each.
async function personReads(server) {
  const times = [];
  for (let person = 0; person < journeys / 10; person++) {
    const began = performance.now();
    const { events } = await (await fetch(`${server.url}/glue/user/email/person_${person}@shop.example`)).json();
    times.push(performance.now() - began);
    if (events.length !== 1_000) {
      throw new Error(`A person has ${events.length} events`);
    }
  }
  return median(times);
}

// Each journey once, from the disk: nobody has read its pages yet.
async function firstReads(server) {
  const times = [];
  for (let journey = 0; journey < journeys; journey++) {
    const began = performance.now();
    const reply = await fetch(`${server.url}/glue/user/journey_${String(journey).padStart(4, '0')}`);
    const { events } = await reply.json();
    times.push(performance.now() - began);
    if (events.length !== 100) {
      throw new Error(`A journey has ${events.length} events`);
    }
  }
  return median(times);
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
    decimals(figures.median(`first read at ${size}`)),
    whole(figures.median(`journeys at ${size}`)),
    whole(figures.median(`peak at ${size}`)),
  ]);
  const people = sizes.map((size) => [
    size.toLocaleString('en-US'),
    whole(figures.median(`identify at ${size}`)),
    decimals(figures.median(`returning at ${size}`)),
    decimals(figures.median(`late for empty at ${size}`)),
    decimals(figures.median(`late for crowd at ${size}`)),
    decimals(figures.median(`person at ${size}`)),
  ]);
  return [
    `### Beside stored events, ${limit ? 'memory held to 256 MB, files included' : 'memory NOT held to 256 MB: no memory group can be set here'}`,
    table(
      ['events stored', 'track at 256, requests/s', 'ratio', 'journey of 100, median ms', 'read for the first time', 'journeys/s at 32', 'resident MB'],
      rows,
    ),
    table(
      ['events stored', 'identify, new browsers at 256, requests/s', 'of a returning browser, ms', 'late, of an empty browser, ms', 'late, of one with a tenth of all events, ms', 'person of ten browsers and 1,000 events, ms'],
      people,
    ),
    ...(cachesDropped ? [] : ['The page cache could not be emptied before each measurement, so first reads may have been served from it.']),
  ];
}

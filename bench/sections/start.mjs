// From the start of the process to its first durable event, and what it takes when idle.
import { mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { contestants, size } from '../lib/contestants.mjs';
import { decimals, whole } from '../lib/figures.mjs';
import { Server } from '../lib/server.mjs';

const [edge] = contestants;
const body = '{"glue_user_id":"first","event":"page_view"}';
const request = `POST /glue/track HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const idle = 1500;

export async function measure({ figures, folder, port }) {
  const at = `${folder}/start`;
  rmSync(at, { recursive: true, force: true });
  mkdirSync(at);
  figures.set('first event, new file', await startOnce(at, port));
  figures.set('first event, known file', await startOnce(at, port, async (server) => {
    await sleep(idle);
    figures.set('idle', server.memory('VmRSS'));
  }));
  rmSync(at, { recursive: true });
}

async function startOnce(at, port, then) {
  const { environment } = edge.prepare(at);
  const began = performance.now();
  const server = Server.launch({ command: edge.command, environment, port, folder: at });
  try {
    while (!(await answered(port))) {
      if (server.hasEnded) {
        throw new Error(`The server did not start:\n${server.logTail}`);
      }
      await sleep(1);
    }
    const took = performance.now() - began;
    await then?.(server);
    return took;
  } finally {
    await server.stop();
  }
}

// True once the server has said 200; false while there is none.
function answered(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('data', (data) => {
      socket.destroy();
      return String(data).startsWith('HTTP/1.1 200') ? resolve(true) : reject(new Error(String(data)));
    });
  });
}

export function report({ figures }) {
  const { binary, library } = size();
  return [
    '### Start and size',
    `From the start of the process to the first durable event: ${whole(figures.median('first event, known file'))} ms, `
      + `${whole(figures.median('first event, new file'))} ms where the database is made first. Idle: ${whole(figures.median('idle'))} MB resident. `
      + `Binary ${decimals(binary, 1)} MB, its SQLite ${decimals(library, 1)} MB.`,
  ];
}

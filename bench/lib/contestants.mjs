import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packageVersion } from './machine.mjs';
import { Server } from './server.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const built = `${root}artifacts/bench`;
const peers = `${root}bench/peers`;
const peer = (file) => ['node', `${peers}/${file}`];

export const edgeFolder = `${built}/DataGlue.Edge`;
export const disk = `${built}/disk/DataGlue.Bench.Disk`;

/** What is measured under /glue/track. `prepare` makes what a server needs besides its folder, and gives its environment and how to end that. */
export const contestants = [
  {
    name: 'edge',
    title: 'DataGlue Edge',
    command: [`${edgeFolder}/DataGlue.Edge`],
    prepare: (folder) => ({ environment: { DATABASE_PATH: `${folder}/dataglue.db`, RATE_LIMIT: '0', EVENT_LIMIT: '0' } }),
  },
  {
    name: 'echo',
    title: 'the same stack, parses and answers only (not durable)',
    command: [`${built}/echo/DataGlue.Bench.Echo`],
    prepare: () => ({}),
  },
  {
    name: 'express-sqlite',
    title: 'Express, better-sqlite3',
    needs: 'better-sqlite3',
    command: peer('express-sqlite.mjs'),
    prepare: (folder) => ({ environment: { DATABASE_PATH: `${folder}/peer.db` } }),
  },
  {
    name: 'express-postgres',
    title: 'Express, PostgreSQL',
    needs: 'pg',
    command: peer('express-postgres.mjs'),
    prepare: startPostgres,
  },
  {
    name: 'worker-d1',
    title: 'Cloudflare Worker, D1 (miniflare)',
    needs: 'miniflare',
    command: peer('worker-d1.mjs'),
    prepare: (folder) => ({ environment: { PERSIST_PATH: `${folder}/d1` } }),
  },
];

/** Why a contestant cannot be measured here; null when it can. */
export function missing({ needs, name }) {
  // The stamp is set when all is built.
  if (needs && !existsSync(`${peers}/node_modules/.installed`)) {
    return 'bench/peers/install.sh has not succeeded';
  }
  return name === 'express-postgres' && !hasPostgres() ? 'no PostgreSQL server (apt install postgresql)' : null;
}

/** Starts one on a new folder. */
export async function start({ command, prepare }, port, folder, limit) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { environment, end } = await prepare(folder, port);
  try {
    const server = await Server.start({ command, environment, port, folder, limit });
    const remove = server.remove.bind(server);
    server.remove = async () => {
      await server.stop();
      end?.();
      await remove();
    };
    return server;
  } catch (error) {
    end?.();
    throw error;
  }
}

/** The size of the files that a server needs, in MB. */
export function size() {
  const megabytes = (file) => statSync(`${edgeFolder}/${file}`).size / 1e6;
  return { binary: megabytes('DataGlue.Edge'), library: megabytes('libe_sqlite3.so') };
}

export function versions() {
  return ['express', 'better-sqlite3', 'pg', 'miniflare'].map((name) => `${name} ${packageVersion(peers, name) ?? '(missing)'}`).join(', ');
}

function hasPostgres() {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const folders = [...versions.map((name) => `/usr/lib/postgresql/${name}/bin`), ...(process.env.PATH ?? '').split(':')];
  return folders.some((folder) => existsSync(`${folder}/initdb`));
}

function startPostgres(folder, port) {
  const cluster = `${folder}/postgres`;
  const url = execFileSync(`${peers}/postgres.sh`, ['start', cluster, String(port + 1)], { encoding: 'utf8' }).trim();
  return { environment: { DATABASE_URL: url }, end: () => execFileSync(`${peers}/postgres.sh`, ['stop', cluster]) };
}

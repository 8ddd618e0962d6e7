import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const fileSystem = (folder) => execFileSync('stat', ['-f', '-c', '%T', folder], { encoding: 'utf8' }).trim();

export function isInMemory(folder) {
  return ['tmpfs', 'ramfs'].includes(fileSystem(folder));
}

/** What the figures were measured on, in one line. */
export function describe(folder) {
  return `${cpus()[0].model.trim()}, ${cpus().length} cores shared with the load generator, ${Math.round(totalmem() / 2 ** 30)} GiB, `
    + `Linux ${release().split('-')[0]}, ${fileSystem(folder)}, node ${process.version}`;
}

/** A group that holds the memory of a server, the pages of its files included, to so many bytes; null where none can be set. */
export class MemoryLimit {
  static #parents = ['/sys/fs/cgroup', '/sys/fs/cgroup/memory'];

  static set(bytes) {
    for (const parent of MemoryLimit.#parents) {
      const folder = `${parent}/dataglue-bench-${process.pid}`;
      try {
        mkdirSync(folder);
        const file = ['memory.max', 'memory.limit_in_bytes'].map((name) => `${folder}/${name}`).find(existsSync);
        if (file) {
          writeFileSync(file, String(bytes));
          return new MemoryLimit(folder);
        }
        rmdirSync(folder);
      } catch {
        // Not ours to set here: the other hierarchy may be.
      }
    }
    return null;
  }

  constructor(folder) {
    this.folder = folder;
    this.procs = `${folder}/cgroup.procs`;
  }

  async remove() {
    // Its pages go a moment after its last process.
    for (let attempt = 0; attempt < 50; attempt++) {
      try {
        return rmdirSync(this.folder);
      } catch {
        await sleep(100);
      }
    }
  }
}

/** Empties the page cache, so that a limited server does not read pages that another process has paid for; false where it may not. */
export function dropCaches() {
  try {
    execFileSync('sync');
    writeFileSync('/proc/sys/vm/drop_caches', '1');
    return true;
  } catch {
    return false;
  }
}

/** The version that a program prints, or null where it is not there. */
export function version(program, ...args) {
  try {
    return execFileSync(program, args, { encoding: 'utf8' }).match(/\d+(\.\d+)+/)[0];
  } catch {
    return null;
  }
}

export function packageVersion(folder, name) {
  const file = `${folder}/node_modules/${name}/package.json`;
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : null;
}

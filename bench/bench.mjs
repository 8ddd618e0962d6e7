// Runs every measurement in rounds, one after the other, and prints one report of medians and ratios. bench/README.md says what each is.
import { mkdtempSync, chmodSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describe, isInMemory } from './lib/machine.mjs';
import { Figures } from './lib/figures.mjs';
import * as contest from './sections/track.mjs';
import * as verbs from './sections/verbs.mjs';
import * as growth from './sections/growth.mjs';
import * as reports from './sections/reports.mjs';
import * as start from './sections/start.mjs';

const sections = { track: contest, verbs, start, growth, reports };

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    only: { type: 'string', default: Object.keys(sections).join(',') },
    sizes: { type: 'string', default: '0,100000,1000000,10000000' },
    folder: { type: 'string', default: '/var/tmp' },
    out: { type: 'string' },
  },
});

const chosen = options.only.split(',');
const unknown = chosen.filter((name) => !sections[name]);
if (unknown.length > 0) {
  console.error(`--only may name ${Object.keys(sections).join(', ')}, not ${unknown.join(', ')}`);
  process.exit(1);
}

const numbers = [options.rounds, options.seconds, ...options.sizes.split(',')];
if (!numbers.every((text) => /^\d+$/.test(text)) || Number(options.rounds) < 1 || Number(options.seconds) < 1) {
  console.error('--rounds, --seconds and --sizes take whole numbers');
  process.exit(1);
}
if (isInMemory(options.folder)) {
  console.error(`${options.folder} is in memory, where an fsync costs nothing; --folder must be on a disk`);
  process.exit(1);
}

const folder = mkdtempSync(`${options.folder}/dataglue-bench-`);
// PostgreSQL runs as a user of its own, who has to come through here.
chmodSync(folder, 0o755);
const bench = {
  folder,
  figures: new Figures(),
  rounds: Number(options.rounds),
  seconds: Number(options.seconds),
  sizes: options.sizes.split(',').map(Number),
  port: 4600,
  say: (text) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`),
};

// Ctrl-C ends what runs at present, which ends the rest with an error, and so with the cleaning up below.
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    interrupted = true;
  });
}

const report = [];
try {
  for (const name of chosen) {
    await sections[name].prepare?.(bench);
  }
  for (let round = 1; round <= bench.rounds; round++) {
    bench.figures.next();
    for (const name of chosen) {
      if (interrupted) {
        throw new Error('Interrupted');
      }
      bench.say(`round ${round} of ${bench.rounds}: ${name}`);
      await sections[name].measure(bench);
    }
  }
  report.push(`Measured ${new Date().toISOString().slice(0, 10)} on ${describe(folder)}; medians of ${bench.rounds} rounds of ${bench.seconds} s each.`);
  for (const name of chosen) {
    report.push(...sections[name].report(bench));
  }
} finally {
  for (const name of chosen) {
    await sections[name].end?.(bench);
  }
  rmSync(folder, { recursive: true, force: true });
}

const text = report.join('\n\n');
console.log(text);
if (options.out) {
  writeFileSync(options.out, `${text}\n`);
}

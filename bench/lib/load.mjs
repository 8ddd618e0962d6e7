import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const units = { us: 1e-3, ms: 1, s: 1e3, m: 60e3 };

/** Puts a server under the load of a script of bench/load; any answer but a 2xx is an error, not a figure. */
export async function load(server, script, { connections, seconds, environment = {} }) {
  const threads = Math.min(2, connections);
  const { stdout } = await run(
    'wrk',
    [`-t${threads}`, `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '--latency', '-s', fileURLToPath(new URL(`../load/${script}.lua`, import.meta.url)), server.url],
    { env: { ...process.env, BROWSERS: String(Math.ceil(connections / threads)), ...environment } },
  );
  if (/Non-2xx|Socket errors/.test(stdout)) {
    throw new Error(`${script} at ${server.name} had errors:\n${stdout}\nThe end of its log:\n${server.logTail}`);
  }
  return {
    rate: Number(stdout.match(/Requests\/sec:\s+([\d.]+)/)[1]),
    requests: Number(stdout.match(/(\d+) requests in/)[1]),
    median: milliseconds(stdout, '50%'),
    p99: milliseconds(stdout, '99%'),
  };
}

function milliseconds(stdout, percentile) {
  const [, number, unit] = stdout.match(new RegExp(`${percentile}\\s+([\\d.]+)(us|ms|s|m)`));
  return Number(number) * units[unit];
}

import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const startTimeout = 30_000;
const ticksPerSecond = 100;

/** A server process with a folder of its own, which is new. */
export class Server {
  constructor(process, port, folder) {
    Object.assign(this, { process, port, folder });
  }

  /** Starts it and waits until it says in its log that it listens: a port alone may be open before the store is ready. */
  static async start({ command, environment = {}, port, folder, limit }) {
    mkdirSync(folder, { recursive: true });
    const server = Server.launch({ command, environment, port, folder, limit });
    const end = Date.now() + startTimeout;
    while (!/listen(s|ing) on/.test(server.logTail)) {
      if (server.hasEnded || Date.now() > end) {
        server.process.kill('SIGKILL');
        throw new Error(`${server.name} did not start:\n${server.logTail}`);
      }
      await sleep(5);
    }
    return server;
  }

  /** Starts it and does not wait. */
  static launch({ command, environment = {}, port, folder, limit }) {
    // The shell enters the memory group and then becomes the server, so that its id is the server's.
    const [program, ...rest] = limit
      ? ['sh', '-c', `echo $$ > ${limit.procs} && exec "$@"`, 'sh', ...command]
      : command;
    const log = openSync(`${folder}/log`, 'w');
    const process_ = spawn(program, rest, {
      cwd: folder,
      env: { ...process.env, PORT: String(port), ...environment },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    return new Server(process_, port, folder);
  }

  get hasEnded() {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  get name() {
    return this.process.spawnargs.join(' ');
  }

  get logTail() {
    return readFileSync(`${this.folder}/log`, 'utf8').slice(-2000);
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** CPU seconds that it has used so far. */
  get cpuSeconds() {
    // The name, in parentheses, may hold spaces; user and system time are the 12th and 13th field behind it.
    const fields = readFileSync(`/proc/${this.process.pid}/stat`, 'utf8').split(') ').pop().split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }

  /** A figure of /proc/PID/status in MB: VmRSS is resident now, VmHWM at its peak. */
  memory(figure) {
    const line = readFileSync(`/proc/${this.process.pid}/status`, 'utf8').split('\n').find((each) => each.startsWith(`${figure}:`));
    return Number(line.match(/\d+/)[0]) / 1024;
  }

  async stop() {
    if (!this.hasEnded) {
      const ended = new Promise((resolve) => this.process.once('exit', resolve));
      this.process.kill('SIGTERM');
      await ended;
    }
  }

  /** Stops it and deletes what it stored. */
  async remove() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

import { spawn } from 'node:child_process';
import path from 'node:path';
import { programArguments } from '../programs';
import type { LogLevel } from './cli/log';

export interface FunctionsHostOptions {
  /** Holds package.json (with `main`) and host.json. */
  readonly appDirectory: string;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Path of a local.settings.json. */
  readonly settings?: string;
  readonly logLevel?: LogLevel;
  /**
   * ISO 8601. After a kill, what the killed host had in hand (queue messages, activities) is out of sight for this long;
   * as in Azure, PT300S unless said otherwise.
   */
  readonly invisibility?: string;
  /** ISO 8601. After a kill, timer functions wait for the killed host's lease; as in Azure, PT60S unless said otherwise. */
  readonly timerLease?: string;
  /**
   * Of the starts of orchestrations that overlap with another start, every so-manieth is put off by two seconds, and
   * what is raised meanwhile is lost. 20, the default, is what was measured; 0: none.
   */
  readonly deferredStarts?: number;
  /** The process listens there for a debugger, on the loopback interface. */
  readonly inspectPort?: number;
  /** Called with whatever the host writes to stdout and stderr. */
  readonly onOutput?: (text: string) => void;
}

export interface FunctionsHost {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Orderly stop (SIGTERM); one that has not ended after `stopWithinMs` is killed. Tells how it ended. */
  stop(): Promise<'by itself' | 'killed'>;
  /**
   * The worker (or the script host with it) dies and is back after `awayMs`, 2,000 unless said otherwise: invocations
   * under way fail, and so does every new one until then. Orchestrations among them are Failed for good, as in Azure.
   */
  restartWorker(awayMs?: number): Promise<void>;
  /** The machine has no time for it, or has again: SIGSTOP, SIGCONT. */
  freeze(isFrozen: boolean): void;
  /** SIGKILL: what a crash looks like. Resolves when the process is gone. */
  kill(): Promise<void>;
}

/** A host needs two seconds at most where it gets the processor; the rest is for a machine that is busy. */
const stopWithinMs = 15_000;

/** Starts the host as a child process on the Node of this one. Rejects with what it wrote to stderr when it fails. */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const { appDirectory, port = 0, env, settings, logLevel = 'warning', inspectPort, onOutput } = options;
  const { invisibility, timerLease, deferredStarts } = options;
  const child = spawn(
    process.execPath,
    [
      ...(inspectPort === undefined ? [] : [`--inspect=127.0.0.1:${inspectPort}`]),
      ...(await programArguments(path.join(__dirname, 'main.ts'), 'external')),
      ...['--app', appDirectory, '--port', String(port), '--log-level', logLevel],
      ...(settings ? ['--settings', settings] : []),
      ...(invisibility === undefined ? [] : ['--invisibility', invisibility]),
      ...(timerLease === undefined ? [] : ['--timer-lease', timerLease]),
      ...(deferredStarts === undefined ? [] : ['--deferred-starts', String(deferredStarts)]),
    ],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  let errors = '';
  let isReady = false;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => onOutput?.(text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (!isReady) errors += text;
    onOutput?.(text);
  });
  const exited = new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('close', (_code, signal) => resolve(signal)),
  );
  const end = async (signal: NodeJS.Signals): Promise<'by itself' | 'killed'> => {
    child.kill(signal);
    const impatience = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
    const endedBy = await exited;
    clearTimeout(impatience);
    return endedBy === 'SIGKILL' ? 'killed' : 'by itself';
  };

  const ready = new Promise<{ url: string; port: number }>((resolve, reject) => {
    child.on('message', (message) => {
      const { type, ...where } = message as { type?: string; url: string; port: number };
      if (type === 'ready') resolve(where);
    });
    child.once('error', reject);
    child.once('close', (code) =>
      reject(new Error(errors.trim() || `The functions host ended with code ${code}.`)),
    );
  });
  const { url, port: actualPort } = await ready;
  isReady = true;
  return {
    url,
    port: actualPort,
    pid: child.pid ?? 0,
    restartWorker: (awayMs = 2_000) =>
      new Promise((resolve, reject) => {
        const onEnd = (): void => reject(new Error('The host has ended.'));
        const onMessage = (message: unknown): void => {
          if ((message as { type?: string }).type !== 'worker-restarted') return;
          child.off('message', onMessage).off('close', onEnd);
          resolve();
        };
        child.on('message', onMessage).once('close', onEnd);
        // A host that has ended already closes nothing any more.
        child.send({ type: 'restart-worker', awayMs }, (failure) => failure && reject(failure));
      }),
    freeze: (isFrozen) => void child.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT'),
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
  };
}

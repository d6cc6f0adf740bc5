import { createServer } from 'node:net';

/** A TCP port of the loopback interface that is free right now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** Throws one sentence with the way out when one of the ports cannot be had. */
export async function refuseTakenPorts(
  ports: Readonly<Record<string, number>>,
  command: string,
): Promise<void> {
  for (const [name, port] of Object.entries(ports)) {
    const problem = await problemOf(port);
    if (problem === undefined) continue;
    const why =
      problem === 'EADDRINUSE'
        ? 'is in use. Stop the program that uses it, or choose'
        : `cannot be had (${problem}). Choose`;
    throw new Error(`Port ${port} (${name}) ${why} another port: ${command} -- --${name}-port N`);
  }
}

/** Of a part of the stack that has lost a race for its port: its advice names an option of its own, not of this command. */
export function withoutAdvice(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const [advice] = / Choose another[^.]* with --port\b.*/.exec(thrown.message) ?? [];
  return advice === undefined ? thrown : new Error(thrown.message.replace(advice, ''), { cause: thrown });
}

/** `localhost` may mean either address: both are listened at. Undefined when both are free, or not there. */
async function problemOf(port: number): Promise<string | undefined> {
  for (const host of ['127.0.0.1', '::1']) {
    const code = await new Promise<string | undefined>((resolve) => {
      const probe = createServer();
      probe.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
      probe.listen(port, host, () => probe.close(() => resolve(undefined)));
    });
    if (code !== undefined && !(host === '::1' && /^(EADDRNOTAVAIL|EAFNOSUPPORT)$/.test(code))) return code;
  }
  return undefined;
}

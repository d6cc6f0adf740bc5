import { cpus, loadavg } from 'node:os';

/** What figures were measured on, and what else it had to do. */
export const machineLine = (): string =>
  `${cpus()[0]?.model.trim() ?? 'CPU'} x ${cpus().length}, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}`;

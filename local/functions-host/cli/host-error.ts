/** Something the person starting the host must put right; its message is printed alone, without a stack. */
export class HostError extends Error {
  override readonly name = 'HostError';
}

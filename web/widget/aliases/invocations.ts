/** As much as a Web PubSub client needs that invokes nothing: no answer is waited for. */
export class InvocationManager {
  resolveInvocation(_message: object): boolean {
    return false;
  }

  rejectAll(_reason: () => Error): void {
    // There is none.
  }
}

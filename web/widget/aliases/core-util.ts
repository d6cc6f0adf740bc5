/** As much of `@azure/core-util` as the Web PubSub client uses: it gives up no wait. */
export const delay = (timeInMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, timeInMs));

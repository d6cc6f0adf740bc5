/** What a customer does, one after the other. Data, so that a violation can print the story it belongs to. */
export type Step =
  /**
   * Opens tabs side by side; one that fails tries again until it is in or told that the conversation has ended. With a
   * keep-alive it closes itself when it has heard nothing for too long.
   */
  | {
      readonly do: 'open';
      readonly tabs: number;
      readonly protocol?: 'json' | 'reliable';
      readonly keepAlive?: true;
    }
  /** The agent's part; tried until the API answers. */
  | { readonly do: 'offer' | 'accept' }
  | { readonly do: 'say' | 'leave' }
  /** The agent closes the conversation this long after its end shows, or gives up when none does. */
  | { readonly do: 'close-after-end'; readonly ms: number }
  /** Loses the oldest tabs at once: `cut` without a closing handshake, `close` with one. */
  | { readonly do: 'lose'; readonly tabs: number | 'all'; readonly how: 'cut' | 'close' }
  /** Cuts the transport of a reliable client, which recovers by itself. */
  | { readonly do: 'blip' }
  | { readonly do: 'wait'; readonly ms: number }
  /** Until this long after the latest loss and the grace period: negative is before the deadline. */
  | { readonly do: 'wait-for-deadline'; readonly plusMs: number }
  /** Until every customer is here; then the service drops all connections at once. */
  | { readonly do: 'mass-drop' };

export const describeStep = (step: Step): string => {
  const { do: what, ...more } = step;
  const values = Object.entries(more).map(([name, value]) => `${name} ${value}`);
  return values.length === 0 ? what : `${what}(${values.join(', ')})`;
};

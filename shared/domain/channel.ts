/**
 * Kinds of chat, after "Understand conversation states" (Dynamics 365 Omnichannel). `live-chat` ends when its customer
 * is gone. `persistent-chat` does not: it has the state `Waiting` instead, and no disconnection rule.
 */
export const CHANNELS = ['live-chat', 'persistent-chat'] as const;
export type Channel = (typeof CHANNELS)[number];

/** What a connection runs on. A phone's locked screen looks like a closed tab, but often comes back. */
export const DEVICE_CLASSES = ['phone', 'tablet', 'desktop', 'unknown'] as const;
export type DeviceClass = (typeof DEVICE_CLASSES)[number];

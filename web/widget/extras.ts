import type { Entry } from './messages';

/** The transcript as a text file, made of what the page has: after the end the app gives it to nobody without a ticket. */
export function saveTranscript(entries: readonly Entry[], name: string, you: string, locale: string): void {
  const lines = entries.map(
    ({ at, from, name: who = '', text }) =>
      `${new Date(at).toLocaleString(locale)}  ${from === 'customer' ? you : who}: ${text}`,
  );
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([lines.join('\r\n')], { type: 'text/plain' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Two short notes, made here: no file is loaded. */
export function beep(): void {
  const context = new AudioContext();
  const volume = new GainNode(context, { gain: 0.05 });
  volume.connect(context.destination);
  for (const [index, frequency] of [660, 880].entries()) {
    const note = new OscillatorNode(context, { frequency });
    const begin = context.currentTime + index * 0.12;
    note.connect(volume);
    note.start(begin);
    note.stop(begin + 0.1);
    if (index === 1) note.onended = () => void context.close();
  }
}

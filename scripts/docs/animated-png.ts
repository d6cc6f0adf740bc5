import { crc32 } from 'node:zlib';

/** One picture of an animation. */
export interface Frame {
  /** A PNG. All have the same size and form. */
  readonly png: Buffer;
  /** Milliseconds. */
  readonly shownFor: number;
}

const SIGNATURE_LENGTH = 8;

/** The pictures one after the other, for ever, as one animated PNG (PNG, third edition, section 11.3.6): none is compressed anew. */
export function animated(frames: readonly Frame[]): Buffer {
  const [first] = frames;
  if (first === undefined) throw new Error('an animation has a frame');
  const header = chunksOf(first.png).find(({ type }) => type === 'IHDR')!;
  let sequence = 0;
  const numbers = (...values: number[]) => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, at) => bytes.writeUInt32BE(value, 4 * at));
    return bytes;
  };
  const size = header.data.subarray(0, 8);
  const shown = frames.flatMap(({ png, shownFor }, at) => {
    const times = Buffer.alloc(4);
    times.writeUInt16BE(Math.round(shownFor), 0);
    times.writeUInt16BE(1_000, 2);
    const control = Buffer.concat([numbers(sequence++), size, numbers(0, 0), times, Buffer.from([0, 0])]);
    const data = chunksOf(png).filter(({ type }) => type === 'IDAT');
    return [
      chunk('fcTL', control),
      ...data.map((part) =>
        at === 0 ? chunk('IDAT', part.data) : chunk('fdAT', Buffer.concat([numbers(sequence++), part.data])),
      ),
    ];
  });
  return Buffer.concat([
    first.png.subarray(0, SIGNATURE_LENGTH),
    chunk('IHDR', header.data),
    chunk('acTL', numbers(frames.length, 0)),
    ...shown,
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunksOf(png: Buffer): { readonly type: string; readonly data: Buffer }[] {
  const chunks = [];
  for (let at = SIGNATURE_LENGTH; at < png.length;) {
    const length = png.readUInt32BE(at);
    chunks.push({
      type: png.toString('latin1', at + 4, at + 8),
      data: png.subarray(at + 8, at + 8 + length),
    });
    at += 12 + length;
  }
  return chunks;
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

import { z } from 'zod';
import type { DeviceClass } from '../domain/channel';

/** What a widget says about itself, in `negotiate` and in the socket URL. */
export const deviceField = z.enum(['phone', 'tablet', 'desktop']);

/** In characters. Longer ones are nobody's browser. */
const LONGEST = 1_024;

/**
 * The device class of a User-Agent; `unknown` where it names none, and for robots, which put an address into it.
 * Browsers on tablets often present themselves as desktops (iPadOS does by default), so a widget that knows better says
 * so itself.
 */
export function deviceClassOf(userAgent: string | undefined): DeviceClass {
  if (userAgent === undefined || userAgent.length > LONGEST) return 'unknown';
  if (/https?:\/\//i.test(userAgent)) return 'unknown';
  // "Tablet PC" is what old Windows says of every computer with a touch screen.
  if (/iPad|Tablet(?! PC)|PlayBook|Silk(?!.*Mobile)/i.test(userAgent)) return 'tablet';
  if (/iPhone|iPod|Windows Phone|Mobi/i.test(userAgent)) return 'phone';
  // Android without "Mobile" is what Chrome on tablets sends.
  if (/Android/i.test(userAgent)) return 'tablet';
  return /Windows NT|Macintosh|X11|CrOS/i.test(userAgent) ? 'desktop' : 'unknown';
}

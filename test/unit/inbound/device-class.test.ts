import { describe, expect, it } from '@jest/globals';
import { deviceClassOf, deviceField } from '../../../shared/access/customer-profile-parser';

const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const BLINK = 'AppleWebKit/537.36 (KHTML, like Gecko)';

describe('the User-Agent of a phone', () => {
  it.each([
    [
      'Safari on an iPhone',
      `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${WEBKIT} Version/17.5 Mobile/15E148 Safari/604.1`,
    ],
    [
      'Chrome on an iPhone',
      `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${WEBKIT} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1`,
    ],
    [
      'a web view in an app on an iPhone',
      `Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) ${WEBKIT} Mobile/15E148`,
    ],
    [
      'Chrome on Android',
      `Mozilla/5.0 (Linux; Android 10; K) ${BLINK} Chrome/126.0.0.0 Mobile Safari/537.36`,
    ],
    [
      'Samsung Internet',
      `Mozilla/5.0 (Linux; Android 13; SM-S911B) ${BLINK} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36`,
    ],
    [
      'Silk on a Fire phone',
      `Mozilla/5.0 (Linux; U; Android 4.2.2; en-us; SD4930UR Build/JDQ39) ${BLINK} Silk/3.68 like Chrome/39.0.2171.93 Mobile Safari/537.36`,
    ],
    ['Firefox on Android', 'Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0'],
    [
      'Edge on Windows Phone, which also claims Android',
      `Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) ${BLINK} Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.15063`,
    ],
  ])('%s says phone', (_what, userAgent) => {
    expect(deviceClassOf(userAgent)).toBe('phone');
  });
});

describe('the User-Agent of a tablet', () => {
  it.each([
    [
      'Safari on an iPad that asks for mobile sites',
      `Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) ${WEBKIT} Version/17.5 Mobile/15E148 Safari/604.1`,
    ],
    [
      'Chrome on an Android tablet, which leaves out "Mobile"',
      `Mozilla/5.0 (Linux; Android 13; SM-X900) ${BLINK} Chrome/126.0.0.0 Safari/537.36`,
    ],
    ['Firefox on an Android tablet', 'Mozilla/5.0 (Android 14; Tablet; rv:127.0) Gecko/127.0 Firefox/127.0'],
    [
      'Silk on a Fire tablet',
      `Mozilla/5.0 (Linux; Android 9; KFMAWI) ${BLINK} Silk/120.4.1 like Chrome/120.0.6099.234 Safari/537.36`,
    ],
    [
      'Silk on a Fire tablet that asks for desktop sites',
      `Mozilla/5.0 (X11; Linux x86_64) ${BLINK} Silk/120.4.1 like Chrome/120.0.6099.234 Safari/537.36`,
    ],
  ])('%s says tablet', (_what, userAgent) => {
    expect(deviceClassOf(userAgent)).toBe('tablet');
  });

  it('of an iPad as it is delivered cannot be told from a Mac: it counts as a desktop', () => {
    const userAgent = `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/17.5 Safari/605.1.15`;
    expect(deviceClassOf(userAgent)).toBe('desktop');
  });
});

describe('the User-Agent of a desktop', () => {
  it.each([
    [
      'Chrome on Windows',
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${BLINK} Chrome/126.0.0.0 Safari/537.36`,
    ],
    [
      'Edge on Windows',
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${BLINK} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0`,
    ],
    [
      'Internet Explorer on a computer with a touch screen',
      'Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; Tablet PC 2.0; rv:11.0) like Gecko',
    ],
    [
      'Safari on macOS',
      `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/17.5 Safari/605.1.15`,
    ],
    [
      'Firefox on macOS',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:127.0) Gecko/20100101 Firefox/127.0',
    ],
    ['Firefox on Linux', 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0'],
    ['Firefox on Ubuntu', 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0'],
    [
      'Chrome on ChromeOS',
      `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${BLINK} Chrome/126.0.0.0 Safari/537.36`,
    ],
  ])('%s says desktop', (_what, userAgent) => {
    expect(deviceClassOf(userAgent)).toBe('desktop');
  });
});

describe('nothing is known of the device', () => {
  it.each([
    ['no User-Agent', undefined],
    ['an empty one', ''],
    ['a program', 'node'],
    ['another program', 'curl/8.5.0'],
    ['a browser that names no device', `Mozilla/5.0 ${BLINK} Chrome/126.0.0.0 Safari/537.36`],
    ['a robot', 'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)'],
    [
      'a robot that presents itself as a phone',
      `Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) ${BLINK} Chrome/126.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`,
    ],
    ['a preview of links', 'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)'],
  ])('of %s', (_what, userAgent) => {
    expect(deviceClassOf(userAgent)).toBe('unknown');
  });

  it('of a text that is too long for a User-Agent, which is not searched either', () => {
    expect(deviceClassOf(`${'x'.repeat(1_018)}iPhone`)).toBe('phone');
    expect(deviceClassOf(`${'x'.repeat(1_019)}iPhone`)).toBe('unknown');
    // Without the limit every "Silk" would search the whole rest: 10^12 steps.
    expect(deviceClassOf('Silk'.repeat(1_000_000))).toBe('unknown');
  });
});

describe('what a widget can say itself', () => {
  it.each(['phone', 'tablet', 'desktop'])('is %s', (device) => {
    expect(deviceField.parse(device)).toBe(device);
  });

  it.each(['unknown', 'Phone', '', 'watch', 7, null, undefined])('is not %j', (device) => {
    expect(deviceField.safeParse(device).success).toBe(false);
  });
});

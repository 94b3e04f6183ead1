import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { PNG } from 'pngjs';
import { CHROMIUM_ARGUMENTS } from '../fixtures/browser.ts';
import { drawLabel } from '../fixtures/camera.ts';
import { expectDeviceIdAsked, handOver, typeCode } from '../fixtures/device.ts';
import { Portal } from '../fixtures/portal.ts';
import { expect, open, type Page, test } from '../fixtures/test.ts';

const ANOTHER_CODE = readFileSync(join(import.meta.dirname, '../fixtures/another-code.svg'), 'utf8');
/** Ends the library that reads codes (found by fuzzing). */
const UNBEARABLE = readFileSync(join(import.meta.dirname, '../../gateway/tests/pictures/unbearable.png'));
/** The same library never gets done with this one. */
const ENDLESS = readFileSync(join(import.meta.dirname, '../../gateway/tests/pictures/endless.png'));
const MONTH = 30 * 24 * 3600;

async function expectHeading(page: Page, name: string): Promise<void> {
  await expect(page.getByRole('heading', { name })).toBeVisible();
}

test.describe('camera', () => {
  test('another QR code in view is named as such, and the search goes on', async ({
    page,
    portal,
    deviceId,
    camera,
    browser,
  }) => {
    await camera.showPicture(await drawLabel(browser, ANOTHER_CODE, 480));
    await page.context().grantPermissions(['camera']);
    await open(page, '/e');
    await page.getByRole('button', { name: 'Scan the QR code' }).click();
    await expect(page.getByText('That is a QR code, but not one from your provider.')).toBeVisible();
    await page.getByRole('button', { name: 'Stop the camera' }).click();
    await handOver('camera', page, await portal.label(deviceId), camera, browser);
  });

  test('a refused camera leaves the other ways', async ({ page }) => {
    await page.context().grantPermissions([]);
    await open(page, '/e');
    await page.getByRole('button', { name: 'Scan the QR code' }).click();
    await expect(page.getByText('This page may not use the camera.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Choose a picture of the QR code' })).toBeEnabled();
    await expect(page.getByRole('textbox', { name: 'Code' })).toBeEnabled();
  });

  test('without a camera the other ways are offered', async ({ portal, complaints }) => {
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
      args: [...CHROMIUM_ARGUMENTS, '--use-fake-device-for-media-stream=device-count=0'],
    });
    const context = await browser.newContext({ baseURL: portal.origin, permissions: ['camera'] });
    complaints.watch(context);
    const page = await context.newPage();
    await open(page, '/e');
    await page.getByRole('button', { name: 'Scan the QR code' }).click();
    await expect(page.getByText('No camera was found.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Choose a picture of the QR code' })).toBeEnabled();
    await browser.close();
  });

  test('the camera is let go of when a label was found', async ({
    page,
    portal,
    deviceId,
    camera,
    browser,
  }) => {
    await page.addInitScript(() => {
      const tracks: MediaStreamTrack[] = [];
      Object.assign(window, { tracks });
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (constraints) => {
        const stream = await open(constraints);
        tracks.push(...stream.getTracks());
        return stream;
      };
    });
    await handOver('camera', page, await portal.label(deviceId), camera, browser);
    const states = await page.evaluate(() =>
      (window as unknown as { tracks: MediaStreamTrack[] }).tracks.map((track) => track.readyState),
    );
    expect(states).toEqual(['ended']);
  });
});

test.describe('picture', () => {
  test('a picture without a code is refused with advice', async ({ page, browser }) => {
    await open(page, '/e');
    const buffer = await drawLabel(
      browser,
      '<svg viewBox="0 0 9 9"><circle cx="4" cy="4" r="3"/></svg>',
      300,
    );
    await page.getByTestId('picture').setInputFiles({ name: 'cat.png', mimeType: 'image/png', buffer });
    await expect(page.getByText('There is no readable QR code in that picture.')).toBeVisible();
  });

  test('a file that is no picture is refused with advice', async ({ page }) => {
    await open(page, '/e');
    const file = { name: 'label.png', mimeType: 'image/png', buffer: Buffer.from('no picture at all') };
    await page.getByTestId('picture').setInputFiles(file);
    await expect(page.getByText('This file cannot be opened as a picture.')).toBeVisible();
  });

  test('a picture of another QR code is refused', async ({ page, browser }) => {
    await open(page, '/e');
    const buffer = await drawLabel(browser, ANOTHER_CODE, 300);
    await page.getByTestId('picture').setInputFiles({ name: 'menu.png', mimeType: 'image/png', buffer });
    await expectHeading(page, 'That is another kind of code');
  });

  test('a picture that the reader cannot bear is refused with advice, and the next one is read', async ({
    page,
    portal,
    deviceId,
    browser,
    complaints,
  }) => {
    complaints.expectLine(/panicked at .*rqrr/);
    const buffer = await drawLabel(browser, (await portal.label(deviceId)).svg, 480);
    await open(page, '/e');
    const ended = page.waitForEvent('console', (message) => /panicked at .*rqrr/.test(message.text()));
    const picture = page.getByTestId('picture');
    await picture.setInputFiles({ name: 'tiles.png', mimeType: 'image/png', buffer: UNBEARABLE });
    await ended;
    await expect(page.getByText('There is no readable QR code in that picture.')).toBeVisible();
    await picture.setInputFiles({ name: 'label.png', mimeType: 'image/png', buffer });
    await expectDeviceIdAsked(page);
  });

  test('a picture that the reader is lost in is given up, and the next one is read', async ({
    page,
    portal,
    deviceId,
    browser,
  }) => {
    const buffer = await drawLabel(browser, (await portal.label(deviceId)).svg, 480);
    await page.clock.install();
    await open(page, '/e');
    const picture = page.getByTestId('picture');
    // The worker is there and listens.
    await picture.setInputFiles({
      name: 'empty.png',
      mimeType: 'image/png',
      buffer: PNG.sync.write(new PNG({ width: 9, height: 9 })),
    });
    const advice = page.getByText('There is no readable QR code in that picture.');
    await expect(advice).toBeVisible();

    await picture.setInputFiles({ name: 'tiles.png', mimeType: 'image/png', buffer: ENDLESS });
    await expect(advice).toHaveCount(0);
    await expect(async () => {
      await page.clock.runFor('01:00');
      await expect(advice).toBeVisible({ timeout: 100 });
    }).toPass();
    await picture.setInputFiles({ name: 'label.png', mimeType: 'image/png', buffer });
    await expectDeviceIdAsked(page);
  });

  for (const event of ['paste', 'drop'] as const) {
    test(`a picture can be handed over by ${event}`, async ({ page, portal, deviceId, browser }) => {
      const picture = await drawLabel(browser, (await portal.label(deviceId)).svg, 480);
      await open(page, '/e');
      await expect(page.getByRole('button', { name: 'Choose a picture of the QR code' })).toBeVisible();
      await page.evaluate(
        ([name, base64]) => {
          const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], 'label.png', { type: 'image/png' }));
          const init = { bubbles: true, cancelable: true };
          const target = document.querySelector('main h1') ?? document.body;
          if (name === 'paste') {
            target.dispatchEvent(new ClipboardEvent('paste', { ...init, clipboardData: transfer }));
          } else {
            target.dispatchEvent(new DragEvent('dragover', { ...init, dataTransfer: transfer }));
            target.dispatchEvent(new DragEvent('drop', { ...init, dataTransfer: transfer }));
          }
        },
        [event, picture.toString('base64')] as const,
      );
      await expectDeviceIdAsked(page);
    });
  }
});

test.describe('manual code', () => {
  test('a typing error is noticed before anything is sent', async ({ page, portal, deviceId }) => {
    const { manual_code } = await portal.register(deviceId);
    const first = manual_code.startsWith('A') ? 'B' : 'A';
    const lookups: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/manual/')) lookups.push(request.url());
    });
    await typeCode(page, first + manual_code.slice(1));
    await expect(page.getByRole('main')).toContainText(
      /One letter or digit is wrong|There is a typing error/,
    );
    expect(lookups).toEqual([]);
  });

  test('a code that nothing belongs to is told so', async ({ page, complaints }) => {
    complaints.expectStatus(404);
    await typeCode(page, 'TR8BV-GAMSF-FE2NH-24H0Y');
    await expect(page.getByText('Nothing belongs to this code.')).toBeVisible();
  });
});

test.describe('label', () => {
  test('a label of another portal is not used here', async ({ page, deviceId, browser }) => {
    const other = await Portal.start();
    const label = await other.label(deviceId);
    await open(page, '/e');
    const buffer = await drawLabel(browser, label.svg, 480);
    await page.getByTestId('picture').setInputFiles({ name: 'label.png', mimeType: 'image/png', buffer });
    await expectHeading(page, 'This code belongs to another portal');
    await expect(page.getByRole('main')).toContainText(other.origin);
    await other.stop();
  });

  test('a label of a provider that this portal does not publish is refused', async ({
    page,
    portal,
    deviceId,
  }) => {
    const other = await Portal.start();
    const { link } = await other.register(deviceId);
    await open(page, link.replace(other.origin, portal.origin));
    await expectHeading(page, 'No provider here stands behind this code');
    await other.stop();
  });

  for (const [what, spoil] of [
    ['cut short', (link: string) => link.slice(0, -9)],
    ['with a digit lost', (link: string) => link.slice(0, -40) + link.slice(-39)],
    ['with letters in it', (link: string) => `${link.slice(0, -3)}abc`],
  ] as const) {
    test(`a label ${what} is called damaged`, async ({ page, portal, deviceId }) => {
      await open(page, spoil((await portal.register(deviceId)).link));
      await expectHeading(page, 'The code is damaged');
      await page.getByRole('button', { name: 'Use another code' }).click();
      await expect(page.getByRole('button', { name: 'Scan the QR code' })).toBeVisible();
    });
  }

  test.describe('of last month', () => {
    test.use({ portalSettings: { clock: Math.floor(Date.now() / 1000) - MONTH } });

    test('is refused on the device already', async ({ page, portal, deviceId }) => {
      await open(page, (await portal.register(deviceId)).link);
      await expectHeading(page, 'This code has expired');
    });
  });
});

test('inside another app the page asks to be opened in a browser', async ({ newPage }) => {
  const page = await newPage({
    userAgent:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 350.0.0.0.0',
  });
  await open(page, '/e');
  await expectHeading(page, 'Open this page in your browser');
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('the page says why it needs them', async ({ page }) => {
    await page.goto('/e');
    await expect(page.getByText('JavaScript is switched off.')).toBeVisible();
  });
});

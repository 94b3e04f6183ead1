import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from '@playwright/test';
import { CHROMIUM_ARGUMENTS } from '../fixtures/browser.ts';
import { signIn } from '../fixtures/customer.ts';
import { enrol, expectState, figure, keptKeys } from '../fixtures/device.ts';
import type { Portal } from '../fixtures/portal.ts';
import { backUp, forgetMember, keptText, restore } from '../fixtures/vault.ts';
import { eachLanguage, expect, expectAccessible, hydrated, open, type Page, test } from '../fixtures/test.ts';

const MESSAGES = '**/api/v1/messages';
const BROKEN = /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_FAILED|ERR_NETWORK/;
const DAY = 24 * 3600;

/** How the device on the page stands, in the word of its badge. */
async function expectStanding(page: Page, name: string, timeout = 15_000): Promise<void> {
  const card = page.locator('.this-device');
  await expect(card.locator('.this-device-standing .badge:visible')).toHaveText(name, { timeout });
  await expect(card).toHaveAttribute('aria-busy', 'false');
}

async function openDevice(page: Page, standing = 'Connected'): Promise<void> {
  await open(page, '/device');
  await expectStanding(page, standing);
}

/** Identifiers in the fold of the page. */
async function identifier(page: Page, name: string): Promise<string> {
  const fold = page.locator('.this-device-details');
  if ((await fold.getAttribute('open')) === null) await fold.locator('summary').click();
  return figure(page, name);
}

/** What a person at the provider sees of the certificate. */
async function fingerprintOnFile(portal: Portal, enrollment: string): Promise<string> {
  const json = await portal.run('enrollment', 'show', enrollment, '--json');
  return (JSON.parse(json) as { certificate: { fingerprint: string } }).certificate.fingerprint;
}

/** Messages that the pages of a context send, as they are on the wire. */
function recordMessages(context: BrowserContext): string[] {
  const sent: string[] = [];
  context.on('request', (request) => {
    if (request.url().endsWith('/api/v1/messages')) sent.push(request.postData() ?? '');
  });
  return sent;
}

test('a fresh device says hello by itself, and its page says that all is well', async ({
  page,
  portal,
  deviceId,
}) => {
  const enrollment = await enrol(page, portal, deviceId);
  await page.getByRole('link', { name: 'See how this device stands' }).click();
  await hydrated(page);
  await expectStanding(page, 'Connected');
  await expect(page.getByRole('heading', { level: 2 })).toHaveText('Green Mountain Electric Coop');
  await expect(page.getByRole('link', { name: 'help@gmec.example' }).first()).toBeVisible();
  expect(await identifier(page, 'SHA-256 fingerprint')).toBe(await fingerprintOnFile(portal, enrollment));
  expect(await identifier(page, 'Key')).toBe('ES256');
  const json = await portal.run('enrollment', 'show', enrollment, '--json');
  for (const name of ['IEEE 2030.5 LFDI', 'IEEE 2030.5 SFDI', 'OpenADR VEN fingerprint']) {
    expect(json).toContain(await identifier(page, name));
  }
});

test('a customer renews by hand: another key, another certificate, nothing of the old key left', async ({
  page,
  portal,
  deviceId,
}) => {
  const enrollment = await enrol(page, portal, deviceId);
  await openDevice(page);
  const before = await identifier(page, 'SHA-256 fingerprint');
  await page.getByRole('button', { name: 'Renew now' }).click();
  await expectStanding(page, 'Renewed');
  const after = await identifier(page, 'SHA-256 fingerprint');
  expect(after).not.toBe(before);
  expect(await fingerprintOnFile(portal, enrollment), 'the provider goes by the new one').toBe(after);
  const keys = await keptKeys(page);
  expect(keys.map((key) => key.algorithm).sort()).toEqual(['ECDH', 'ECDSA']);
  expect(keys.some((key) => key.exportable)).toBe(false);
  await page.reload();
  await expectStanding(page, 'Connected');
  expect(await identifier(page, 'SHA-256 fingerprint')).toBe(after);
});

test.describe('within the time of renewal', () => {
  const now = Math.floor(Date.now() / 1000);
  const provider =
    'certificate_days = 30\nkeys = { renew_before = 29 }\nlifetimes = { api = 864000, screen = 864000 }';
  test.use({ portalSettings: { clock: now - 2 * DAY, provider } });

  test('a device renews by itself when its page is opened, once', async ({ page, portal, deviceId }) => {
    await enrol(page, portal, deviceId);
    await portal.setClock(now);
    await openDevice(page, 'Renewed');
    const renewed = await identifier(page, 'SHA-256 fingerprint');
    await page.reload();
    await expectStanding(page, 'Connected');
    expect(await identifier(page, 'SHA-256 fingerprint')).toBe(renewed);
  });
});

for (const [grace, name, standing] of [
  [1, 'is renewed within the time of grace, though the device’s clock is behind', 'Renewed'],
  [0, 'is not renewed without a time of grace', 'Certificate has ended'],
] as const) {
  test.describe('a certificate that has ended', () => {
    const now = Math.floor(Date.now() / 1000);
    const provider = `certificate_days = 2\nkeys = { renew_before = 1, grace = ${grace} }`;
    test.use({ portalSettings: { clock: now, provider } });

    test(name, async ({ page, portal, deviceId, complaints }) => {
      if (standing !== 'Renewed') complaints.expectStatus(403);
      await enrol(page, portal, deviceId);
      await portal.setClock(now + 2 * DAY + DAY / 2);
      await openDevice(page, standing);
      await expectAccessible(page);
    });
  });
}

test.describe('from RSA to P-256', () => {
  test.use({ portalSettings: { provider: 'key_algorithm = "RS2048"' } });

  test('a device follows its provider when the policy changes', async ({ page, portal, deviceId }) => {
    test.slow();
    await enrol(page, portal, deviceId, 'RS2048');
    await openDevice(page);
    expect(await identifier(page, 'Key')).toBe('RS2048');
    await portal.configure('key_algorithm = "ES256"\nkeys = { accept = ["ES256"] }');
    await portal.restart();
    await openDevice(page, 'Renewed');
    expect(await identifier(page, 'Key')).toBe('ES256');
    const keys = await keptKeys(page);
    expect(keys.map((key) => key.algorithm).sort()).toEqual(['ECDH', 'ECDSA']);
  });

  test('and renews with an RSA key as long as that is what its provider wants', async ({
    page,
    portal,
    deviceId,
  }) => {
    test.slow();
    await enrol(page, portal, deviceId, 'RS2048');
    await openDevice(page);
    await page.getByRole('button', { name: 'Renew now' }).click();
    await expectStanding(page, 'Renewed', 60_000);
    expect(await identifier(page, 'Key')).toBe('RS2048');
    expect((await keptKeys(page)).map((key) => key.algorithm).sort()).toEqual(['RSA-OAEP', 'RSA-PSS']);
  });
});

test.describe('when an answer is lost', () => {
  test('in the middle of a renewal, the same message goes out after a reload, and it is no copy', async ({
    page,
    portal,
    deviceId,
    complaints,
  }) => {
    complaints.expectLine(BROKEN);
    const enrollment = await enrol(page, portal, deviceId);
    await openDevice(page);
    const before = await identifier(page, 'SHA-256 fingerprint');
    await page.context().route(
      MESSAGES,
      async (route) => {
        // The portal renews; the certificate does not come through.
        await route.fetch();
        await route.abort('connectionreset');
      },
      { times: 1 },
    );
    const sent = recordMessages(page.context());
    await page.getByRole('button', { name: 'Renew now' }).click();
    await expectStanding(page, 'No connection');
    expect(await keptKeys(page), 'the new key waits beside the old one').toHaveLength(4);
    await page.reload();
    await hydrated(page);
    await expectStanding(page, 'Renewed');
    expect(sent[1], 'the very same message').toBe(sent[0]);
    const after = await identifier(page, 'SHA-256 fingerprint');
    expect(after).not.toBe(before);
    expect(await fingerprintOnFile(portal, enrollment)).toBe(after);
    expect(await keptKeys(page)).toHaveLength(2);
  });

  test('before the portal was reached, the device says it again by itself', async ({
    page,
    portal,
    deviceId,
    complaints,
  }) => {
    complaints.expectLine(BROKEN);
    await enrol(page, portal, deviceId);
    await openDevice(page);
    await page.context().setOffline(true);
    await page.getByRole('button', { name: 'Renew now' }).click();
    await expectStanding(page, 'No connection');
    await page.context().setOffline(false);
    await expectStanding(page, 'Renewed');
  });

  test('the portal is away for a moment, and nothing is lost', async ({
    page,
    portal,
    deviceId,
    complaints,
  }) => {
    complaints.expectLine(BROKEN);
    await enrol(page, portal, deviceId);
    await openDevice(page);
    await portal.stopServer();
    await page.getByRole('button', { name: 'Renew now' }).click();
    await expectStanding(page, 'No connection');
    await portal.restart();
    await page.getByRole('button', { name: 'Try again' }).click();
    await expectStanding(page, 'Renewed');
  });
});

test('a page that is reloaded again and again while it renews ends with one working key', async ({
  page,
  portal,
  deviceId,
  complaints,
}) => {
  test.slow();
  complaints.expectLine(/ERR_FAILED|ERR_ABORTED/);
  const enrollment = await enrol(page, portal, deviceId);
  await openDevice(page);
  const seen = new Set<string>();
  for (let round = 0; round < 5; round += 1) {
    const answered = new Promise<void>((reached) =>
      page.context().route(
        MESSAGES,
        async (route) => {
          await route.fetch();
          reached();
        },
        { times: 1 },
      ),
    );
    await page.getByRole('button', { name: 'Renew now' }).click();
    await answered;
    await page.reload();
    await hydrated(page);
    await expectStanding(page, 'Renewed');
    seen.add(await identifier(page, 'SHA-256 fingerprint'));
  }
  expect(seen.size).toBe(5);
  expect([...seen].at(-1)).toBe(await fingerprintOnFile(portal, enrollment));
});

test.describe('an issuing key is followed by another', () => {
  const now = Math.floor(Date.now() / 1000);
  test.use({ portalSettings: { clock: now } });

  test('a renewal goes by the one that its provider has by then', async ({ page, portal, deviceId }) => {
    await enrol(page, portal, deviceId);
    await openDevice(page);
    const before = await identifier(page, 'Issued by');
    await portal.run('ca', 'rotate', '--provider', 'demo');
    // Every server knows it for 15 seconds before one of them signs with it.
    await portal.setClock(now + 15);
    await portal.restart();
    await openDevice(page);
    await page.getByRole('button', { name: 'Renew now' }).click();
    await expectStanding(page, 'Renewed');
    expect(await identifier(page, 'Issued by')).not.toBe(before);
  });
});

test('two tabs speak one after the other, and renew once each', async ({ page, portal, deviceId }) => {
  const enrollment = await enrol(page, portal, deviceId);
  const other = await page.context().newPage();
  await Promise.all([openDevice(page), openDevice(other)]);
  await Promise.all([
    page.getByRole('button', { name: 'Renew now' }).click(),
    other.getByRole('button', { name: 'Renew now' }).click(),
  ]);
  await expectStanding(page, 'Renewed');
  await expectStanding(other, 'Renewed');
  await openDevice(page);
  expect(await identifier(page, 'SHA-256 fingerprint')).toBe(await fingerprintOnFile(portal, enrollment));
});

test('a browser whose storage was copied is told that it looks like a copy', async ({
  portal,
  deviceId,
  complaints,
}) => {
  complaints.expectStatus(409);
  const folder = await mkdtemp(join(tmpdir(), 'gridpass-copied-'));
  const start = async (profile: string) => {
    const context = await chromium.launchPersistentContext(join(folder, profile), {
      executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
      args: CHROMIUM_ARGUMENTS,
      baseURL: portal.origin,
      locale: 'en-US',
    });
    complaints.watch(context);
    return { context, page: context.pages()[0] ?? (await context.newPage()) };
  };
  try {
    const first = await start('original');
    await enrol(first.page, portal, deviceId);
    await openDevice(first.page);
    // Closed, so that the storage is whole on the disk.
    await first.context.close();
    await cp(join(folder, 'original'), join(folder, 'copy'), { recursive: true });

    const original = await start('original');
    await openDevice(original.page);
    const copy = await start('copy');
    await openDevice(copy.page, 'Looks like a copy');
    await expect(copy.page.getByText('Use one of the two only')).toBeVisible();
    await expectAccessible(copy.page);
    await original.page.reload();
    await expectStanding(original.page, 'Connected');
    await copy.context.close();
    await original.context.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.describe('a provider that stops copies', () => {
  test.use({ portalSettings: { provider: 'keys = { on_clone = "suspend" }' } });

  test('stops the device, and its page says so', async ({ page, portal, deviceId, complaints }) => {
    complaints.expectStatus(403, 409);
    const enrollment = await enrol(page, portal, deviceId);
    await openDevice(page);
    await backUp(page);
    // It is shown as connected before it has spoken.
    const answered = page.waitForResponse('**/api/v1/messages');
    await page.reload();
    expect((await answered).status()).toBe(200);
    await expectStanding(page, 'Connected');
    // As if the browser had been restored from a backup.
    await open(page, '/');
    await restore(page);
    await openDevice(page, 'Looks like a copy');
    await expectState(portal, enrollment, 'suspended');
    await page.getByRole('button', { name: 'Try again' }).click();
    await expectStanding(page, 'Stopped by the provider');
    await expectAccessible(page);
  });
});

test('a device takes itself out of service, for good', async ({ page, portal, deviceId, complaints }) => {
  const enrollment = await enrol(page, portal, deviceId);
  await openDevice(page);
  await page.getByText('This device was lost or given away').click();
  const confirm = page.getByRole('button', { name: 'Take it out of service' });
  await confirm.click();
  expect(await page.locator('input[type=radio]:invalid').count(), 'a reason is asked for').toBeGreaterThan(0);
  await page.getByRole('radio', { name: 'I give it away or throw it away' }).check();
  await confirm.click();
  await expectStanding(page, 'Out of service');
  await expect(page.getByRole('heading', { level: 2 })).toBeFocused();
  await expect(page.getByRole('button', { name: 'Renew now' })).toBeHidden();
  await expectState(portal, enrollment, 'revoked');
  await expectAccessible(page);

  await page.reload();
  await hydrated(page);
  await expect(page.locator('.this-device-standing .badge:visible')).toHaveText('Out of service');
  await page.getByRole('button', { name: 'Remove it from this browser' }).click();
  await expect(page.getByRole('heading', { name: 'Nothing is connected in this browser' })).toBeVisible();
  expect(await keptKeys(page)).toEqual([]);
  expect(complaints.unexpected()).toEqual([]);
});

test('a device whose pass its owner withdrew elsewhere is told so', async ({
  page,
  newPage,
  portal,
  deviceId,
  complaints,
}) => {
  complaints.expectStatus(403);
  const enrollment = await enrol(page, portal, deviceId);
  const computer = await newPage();
  await signIn(computer);
  await open(computer, `/devices/${enrollment}`);
  await computer.getByText('I lost this device').click();
  await computer.getByRole('button', { name: 'Withdraw its pass' }).click();
  await expectState(portal, enrollment, 'revoked');
  await openDevice(page, 'Withdrawn');
});

test('a browser that does not keep the device ID asks for it once, and keeps no text of it', async ({
  page,
  portal,
  deviceId,
  complaints,
}) => {
  complaints.expectStatus(403);
  await enrol(page, portal, deviceId);
  await openDevice(page);
  await open(page, '/');
  await forgetMember(page, 'device_id_key');
  await openDevice(page, 'Device ID wanted');
  await expectAccessible(page);
  const field = page.getByRole('textbox', { name: 'Device ID' });
  const send = page.getByRole('button', { name: 'Send' });
  await field.fill('SN-1');
  await send.click();
  await expect(page.getByText('This cannot be a device ID.')).toBeVisible();
  await field.fill(`${deviceId}9`);
  await send.click();
  await expect(page.getByText('This is not the device ID that your provider has on file.')).toBeVisible();
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await field.fill(deviceId.toLowerCase());
  await send.click();
  await expectStanding(page, 'Connected');
  await openDevice(page);
  const kept = (await keptText(page)).toUpperCase();
  expect(kept).not.toContain(deviceId.replace('-', ''));
  expect(kept).not.toContain(deviceId);
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('the page says what it needs', async ({ page }) => {
    await page.goto('/device');
    await expect(page.locator('noscript p')).toContainText('needs scripts (JavaScript)');
    await expect(page.locator('noscript p')).toBeVisible();
    await expect(page.getByText('One moment')).toBeHidden();
  });
});

eachLanguage((language) => {
  for (const [width, colorScheme] of [
    [390, 'light'],
    [1280, 'dark'],
  ] as const) {
    test.describe(`${width} pixels wide, ${colorScheme}`, () => {
      test.use({ viewport: { width, height: 900 }, colorScheme });

      test('the page of a device is as it should be', async ({ page, portal, deviceId, complaints }) => {
        complaints.expectLine(BROKEN);
        await open(page, '/device');
        await expect(page.locator('[data-page=empty]')).toBeVisible();
        await expectGood(page, language);

        const { link, enrollment_id } = await portal.register(deviceId);
        await open(page, link);
        await page.locator('[name=device_id]').fill(deviceId);
        await page.locator('main form:has([name=device_id]) button[type=submit]').click();
        await expectState(portal, enrollment_id, 'active');
        await open(page, '/device');
        await expect(page.locator('[data-when=connected]')).toBeVisible();
        await expectGood(page, language);
        for (const fold of await page.locator('.this-device details:not([hidden]) summary').all())
          await fold.click();
        await expectGood(page, language);
        await page.context().setOffline(true);
        await page.locator('[data-do=renew]').click();
        await expect(page.locator('[data-when=offline]')).toBeVisible();
        await expectGood(page, language);
        await page.context().setOffline(false);
        await expect(page.locator('[data-when=renewed]')).toBeVisible();
        await page.locator('[value=replaced]').check();
        await page.locator('[data-do=take-out] button').click();
        await expect(page.locator('[data-when=taken-out]')).toBeVisible();
        await expectGood(page, language);
      });
    });
  }
});

/** Accessible, one heading of the first level, nothing cut off at the side. */
async function expectGood(page: Page, language: string): Promise<void> {
  await expect(page.locator('html')).toHaveAttribute('lang', language);
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await expectAccessible(page);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow, `width of ${page.url()}`).toBeLessThanOrEqual(0);
}

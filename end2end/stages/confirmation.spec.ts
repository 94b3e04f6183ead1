import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { BrowserContext } from '@playwright/test';
import {
  enterDeviceId,
  expectConnected,
  expectDeviceIdAsked,
  expectState,
  figure,
} from '../fixtures/device.ts';
import { expect, open, type Page, test } from '../fixtures/test.ts';

const CONFIRMATION = /\/api\/v1\/enrollments\/[^/]+\/confirmation$/;
const HOUR = 3600;

async function expectHeading(page: Page, name: string): Promise<void> {
  await expect(page.getByRole('heading', { name })).toBeVisible();
}

async function openLabel(page: Page, link: string): Promise<void> {
  await open(page, link);
  await expectDeviceIdAsked(page);
}

/** Confirmations that the pages of a context send, as they are on the wire. */
function recordConfirmations(context: BrowserContext): { url: string; body: string }[] {
  const sent: { url: string; body: string }[] = [];
  context.on('request', (request) => {
    if (CONFIRMATION.test(request.url())) sent.push({ url: request.url(), body: request.postData() ?? '' });
  });
  return sent;
}

test('a wrong device ID leaves tries and what was typed; five lock the code', async ({
  page,
  portal,
  deviceId,
  complaints,
}) => {
  complaints.expectStatus(401, 423);
  const { link } = await portal.register(deviceId);
  await openLabel(page, link);
  const field = page.getByRole('textbox', { name: 'Device ID' });
  for (const left of ['4 tries', '3 tries', '2 tries', '1 try']) {
    await enterDeviceId(page, `${deviceId}9`);
    await expectHeading(page, 'That is not the right device ID');
    await expect(page.getByText(`You have ${left} left.`)).toBeVisible();
    await expect(field, 'nothing typed is lost').toHaveValue(`${deviceId}9`);
    await expect(page.getByText('Easily mistaken: 0 and O')).toBeVisible();
  }
  await enterDeviceId(page, `${deviceId}9`);
  await expect(page.getByRole('heading', { name: /not the right device ID|locked/ })).toBeVisible();
  await expect(field).toBeHidden();
  await openLabel(page, link);
  await enterDeviceId(page, deviceId);
  await expectHeading(page, 'This code is locked');
});

test('after a wrong device ID the right one still connects', async ({
  page,
  portal,
  deviceId,
  complaints,
}) => {
  complaints.expectStatus(401);
  await openLabel(page, (await portal.register(deviceId)).link);
  await enterDeviceId(page, `${deviceId}9`);
  await expectHeading(page, 'That is not the right device ID');
  await enterDeviceId(page, deviceId);
  await expectConnected(page);
});

test('what cannot be a device ID is not sent', async ({ page, portal, deviceId }) => {
  const sent = recordConfirmations(page.context());
  await openLabel(page, (await portal.register(deviceId)).link);
  await enterDeviceId(page, 'SN-47');
  await expect(page.getByRole('main')).toContainText(/too short|cannot be a device ID/);
  expect(sent).toEqual([]);
});

test('a code that a newer one has replaced says so', async ({ page, portal, deviceId, complaints }) => {
  complaints.expectStatus(410);
  const { link } = await portal.register(deviceId);
  await portal.register(deviceId);
  await openLabel(page, link);
  await enterDeviceId(page, deviceId);
  await expectHeading(page, 'There is a newer code for this device');
});

test('a cancelled code says so', async ({ page, portal, deviceId, complaints }) => {
  complaints.expectStatus(410);
  const { link, enrollment_id } = await portal.register(deviceId);
  await portal.run('enrollment', 'cancel', enrollment_id);
  await openLabel(page, link);
  await enterDeviceId(page, deviceId);
  await expectHeading(page, 'This code was cancelled');
});

test.describe('by the portal’s clock', () => {
  const now = Math.floor(Date.now() / 1000);
  test.use({ portalSettings: { clock: now } });

  test('a code that has expired says so', async ({ page, portal, deviceId, complaints }) => {
    complaints.expectStatus(410);
    const { link } = await portal.register(deviceId);
    await openLabel(page, link);
    await portal.setClock(now + 1000 * HOUR);
    await enterDeviceId(page, deviceId);
    await expectHeading(page, 'This code has expired');
  });
});

test('a code that another browser has used says so', async ({
  page,
  newPage,
  portal,
  deviceId,
  complaints,
}) => {
  complaints.expectStatus(409);
  const { link } = await portal.register(deviceId);
  await openLabel(page, link);
  await enterDeviceId(page, deviceId);
  await expectConnected(page);
  const other = await newPage();
  await openLabel(other, link);
  await enterDeviceId(other, deviceId);
  await expectHeading(other, 'This code has been used');
});

test('a confirmation that somebody recorded and sends again enrols nobody else', async ({
  page,
  portal,
  deviceId,
}) => {
  const sent = recordConfirmations(page.context());
  const { link, enrollment_id } = await portal.register(deviceId);
  await openLabel(page, link);
  await enterDeviceId(page, deviceId);
  await expectConnected(page);
  // The device has spoken: from then on nothing is said again.
  await expectState(portal, enrollment_id, 'active');
  const before = await portal.run('enrollment', 'show', enrollment_id, '--json');
  expect(sent).toHaveLength(1);
  for (const { url, body } of sent) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/jose' },
      body,
    });
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain('already-enrolled');
  }
  expect(await portal.run('enrollment', 'show', enrollment_id, '--json')).toBe(before);
});

test.describe('with one wrong try an hour', () => {
  test.use({ portalSettings: { environment: { LIMITS__OTP_FAILURES_PER_IP: '1' } } });

  test('further tries have to wait, and nothing is lost', async ({ page, portal, deviceId, complaints }) => {
    complaints.expectStatus(401, 429);
    await openLabel(page, (await portal.register(deviceId)).link);
    await enterDeviceId(page, `${deviceId}9`);
    await expectHeading(page, 'That is not the right device ID');
    await enterDeviceId(page, deviceId);
    await expectHeading(page, 'Too many wrong tries');
    await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
  });
});

test.describe('when the connection breaks', () => {
  const BROKEN =
    /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_FAILED|ERR_NETWORK/;

  test('the portal is away for a moment, and the enrollment goes on', async ({
    page,
    portal,
    deviceId,
    complaints,
  }) => {
    complaints.expectLine(BROKEN);
    await openLabel(page, (await portal.register(deviceId)).link);
    await portal.stopServer();
    await enterDeviceId(page, deviceId);
    await expectHeading(page, 'No connection');
    await portal.restart();
    await page.getByRole('button', { name: 'Try again' }).click();
    await expectConnected(page);
  });

  test('the answer is lost, and is given again', async ({ page, portal, deviceId, complaints }) => {
    complaints.expectLine(BROKEN);
    const { link, enrollment_id } = await portal.register(deviceId);
    await openLabel(page, link);
    await page.context().route(
      CONFIRMATION,
      async (route) => {
        // The portal gets the request and answers it; the answer does not come through.
        await route.fetch();
        await route.abort('connectionreset');
      },
      { times: 1 },
    );
    await enterDeviceId(page, deviceId);
    await expectHeading(page, 'No connection');
    const issued = await portal.run('enrollment', 'show', enrollment_id, '--json');
    await page.getByRole('button', { name: 'Try again' }).click();
    await expectConnected(page);
    expect(issued.toLowerCase()).toContain((await figure(page, 'SHA-256 fingerprint')).toLowerCase());
  });

  test('the device is offline and comes back', async ({ page, portal, deviceId, complaints }) => {
    complaints.expectLine(BROKEN);
    await openLabel(page, (await portal.register(deviceId)).link);
    await page.context().setOffline(true);
    await enterDeviceId(page, deviceId);
    await expectHeading(page, 'No connection');
    await page.context().setOffline(false);
    // By itself.
    await expectConnected(page);
  });
});

test.describe('when the page is reloaded', () => {
  test('before a label is handed over, the ways are there again', async ({ page }) => {
    await open(page, '/e');
    await expect(page.getByRole('button', { name: 'Scan the QR code' })).toBeVisible();
    await page.reload();
    await expect(page.getByRole('button', { name: 'Scan the QR code' })).toBeVisible();
  });

  test('before the device ID is sent, the label is still there', async ({ page, portal, deviceId }) => {
    await openLabel(page, (await portal.register(deviceId)).link);
    await page.reload();
    await expectDeviceIdAsked(page);
    await enterDeviceId(page, deviceId);
    await expectConnected(page);
  });

  test('after a wrong device ID, the label is still there', async ({
    page,
    portal,
    deviceId,
    complaints,
  }) => {
    complaints.expectStatus(401);
    await openLabel(page, (await portal.register(deviceId)).link);
    await enterDeviceId(page, `${deviceId}9`);
    await expectHeading(page, 'That is not the right device ID');
    await page.reload();
    await expectDeviceIdAsked(page);
    await enterDeviceId(page, deviceId);
    await expectConnected(page);
  });

  test('before the confirmation has arrived, it is sent by itself', async ({
    page,
    portal,
    deviceId,
    complaints,
  }) => {
    complaints.expectLine(/ERR_FAILED|ERR_ABORTED/);
    await openLabel(page, (await portal.register(deviceId)).link);
    const held = new Promise<void>((reached) =>
      page.context().route(CONFIRMATION, () => reached(), { times: 1 }),
    );
    await enterDeviceId(page, deviceId);
    await held;
    await page.reload();
    await expectConnected(page);
  });

  test('after the portal has issued, the same certificate comes', async ({
    page,
    portal,
    deviceId,
    complaints,
  }) => {
    complaints.expectLine(/ERR_FAILED|ERR_ABORTED/);
    const { link, enrollment_id } = await portal.register(deviceId);
    await openLabel(page, link);
    const answered = new Promise<void>((reached) =>
      page.context().route(
        CONFIRMATION,
        async (route) => {
          await route.fetch();
          reached();
        },
        { times: 1 },
      ),
    );
    await enterDeviceId(page, deviceId);
    await answered;
    const issued = await portal.run('enrollment', 'show', enrollment_id, '--json');
    await page.reload();
    await expectConnected(page);
    expect(issued.toLowerCase()).toContain((await figure(page, 'SHA-256 fingerprint')).toLowerCase());
  });

  test('at the end, the browser knows that it is connected', async ({ page, portal, deviceId }) => {
    await openLabel(page, (await portal.register(deviceId)).link);
    await enterDeviceId(page, deviceId);
    await expectConnected(page);
    await page.reload();
    await expectHeading(page, 'This browser is connected');
    await expect(page.getByRole('main')).toContainText('Green Mountain Electric Coop');
  });
});

test('a protected copy is written on request, opens with its password alone, and holds this certificate', async ({
  page,
  portal,
  deviceId,
}) => {
  const password = 'twelve letters at least';
  await openLabel(page, (await portal.register(deviceId)).link);
  await page.getByText('Also make a protected copy').click();
  await page.getByLabel('Make a protected copy').check();
  await page.getByLabel('Password for the copy').fill(password);
  await page.getByLabel('The same password again').fill(password);
  await enterDeviceId(page, deviceId);
  await expectConnected(page, 60_000);
  const fingerprint = (await figure(page, 'SHA-256 fingerprint')).toLowerCase();
  const saving = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Save the protected copy' }).click();
  const file = await (await saving).path();
  const openssl = (...parameters: string[]) => promisify(execFile)('openssl', parameters);
  const opened = await openssl(
    'pkcs12',
    '-in',
    file,
    '-nodes',
    '-passin',
    `pass:${password}`,
    '-out',
    `${file}.pem`,
  ).then(() => openssl('x509', '-in', `${file}.pem`, '-noout', '-fingerprint', '-sha256'));
  expect(opened.stdout.replaceAll(':', '').toLowerCase()).toContain(fingerprint.replaceAll(':', ''));
  await expect(openssl('pkcs12', '-in', file, '-nodes', '-passin', 'pass:wrong', '-noout')).rejects.toThrow();
});

test('with the keyboard alone a device enrols', async ({ page, portal, deviceId }) => {
  const { manual_code } = await portal.register(deviceId);
  await open(page, '/e');
  const reach = async (target: ReturnType<Page['getByRole']>) => {
    for (let presses = 0; presses < 30; presses += 1) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error('the keyboard does not get there');
  };
  const code = page.getByRole('textbox', { name: 'Code' });
  await reach(code);
  await page.keyboard.type(manual_code);
  await page.keyboard.press('Enter');
  await expectDeviceIdAsked(page);
  await reach(page.getByRole('textbox', { name: 'Device ID' }));
  await page.keyboard.type(deviceId);
  await page.keyboard.press('Enter');
  await expectConnected(page);
});

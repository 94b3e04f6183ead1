import { addDevice, readLabel, signIn } from './fixtures/customer.ts';
import {
  enterDeviceId,
  expectConnected,
  expectDeviceIdAsked,
  figure,
  handOver,
  keptKeys,
  WAYS,
} from './fixtures/device.ts';
import { expect, open, test } from './fixtures/test.ts';

for (const way of WAYS) {
  test(`a device enrols with a P-256 key by ${way}`, async ({ page, portal, deviceId, camera, browser }) => {
    const label = await portal.label(deviceId);
    await handOver(way, page, label, camera, browser);
    expect(new URL(page.url()).hash, 'the label has left the address bar').toBe('');
    await enterDeviceId(page, deviceId);
    await expectConnected(page);

    await expect(page.getByRole('main')).toContainText('Green Mountain Electric Coop');
    await expect(page.getByRole('main')).toContainText('help@gmec.example');
    const staff = JSON.parse(await portal.run('enrollment', 'show', label.enrollment_id, '--json'));
    expect(JSON.stringify(staff).toLowerCase()).toContain(
      (await figure(page, 'SHA-256 fingerprint')).toLowerCase(),
    );
    expect(await figure(page, 'Enrollment')).toBe(label.enrollment_id);
    const keys = await keptKeys(page);
    expect(keys.map((key) => key.algorithm).sort()).toEqual(['ECDH', 'ECDSA']);
    expect(keys.some((key) => key.exportable)).toBe(false);
  });
}

test('a device enrols with an RSA-3072 key, and the page stays alive meanwhile', async ({
  page,
  portal,
  deviceId,
  camera,
  browser,
}) => {
  test.slow();
  const label = await portal.label(deviceId, 'RS3072');
  await handOver('link', page, label, camera, browser);
  // The longest time for which the page could not do anything else.
  await page.evaluate(() => {
    const state = window as unknown as { longest: number };
    state.longest = 0;
    let last = performance.now();
    setInterval(() => {
      state.longest = Math.max(state.longest, performance.now() - last);
      last = performance.now();
    }, 20);
  });
  await enterDeviceId(page, deviceId);
  await expectConnected(page, 120_000);
  expect(await page.evaluate(() => (window as unknown as { longest: number }).longest)).toBeLessThan(1000);
  const keys = await keptKeys(page);
  expect(keys.map((key) => key.algorithm).sort()).toEqual(['RSA-OAEP', 'RSA-PSS']);
  expect(keys.some((key) => key.exportable)).toBe(false);
});

test('a device enrols with an RSA-2048 key', async ({ page, portal, deviceId, camera, browser }) => {
  test.slow();
  await handOver('link', page, await portal.label(deviceId, 'RS2048'), camera, browser);
  await enterDeviceId(page, deviceId);
  await expectConnected(page, 60_000);
});

test('a customer signs in on a computer, registers a phone, and enrols with the phone', async ({
  newPage,
  deviceId,
}) => {
  const computer = await newPage({ viewport: { width: 1280, height: 800 } });
  await signIn(computer);
  await expect(computer.getByText('No devices yet')).toBeVisible();
  await computer.getByRole('link', { name: 'Add a device' }).click();
  await addDevice(computer, deviceId);
  const { link } = await readLabel(computer);

  const phone = await newPage();
  await open(phone, link);
  await expectDeviceIdAsked(phone);
  await enterDeviceId(phone, deviceId.toLowerCase().replace('-', ' '));
  await expectConnected(phone);

  // The computer notices by itself.
  await expect(computer.getByRole('heading', { name: /is connected$/ })).toBeVisible();
  await expect(computer.getByRole('img', { name: 'QR code for your device' })).toBeHidden();
  await computer.getByRole('link', { name: 'All devices' }).click();
  await expect(computer.getByText('Connected', { exact: true })).toBeVisible();
});

test('a manual code is read off the computer and typed into the phone', async ({ newPage, deviceId }) => {
  const computer = await newPage();
  await signIn(computer, 'A-1003');
  await addDevice(computer, deviceId);
  const { manualCode } = await readLabel(computer);
  const phone = await newPage();
  await open(phone, '/');
  await phone.getByRole('link', { name: 'I have a code' }).click();
  await phone.getByRole('textbox', { name: 'Code' }).fill(manualCode.toLowerCase().replaceAll('-', ''));
  await phone.getByRole('button', { name: 'Continue' }).click();
  await expectDeviceIdAsked(phone);
  await enterDeviceId(phone, deviceId);
  await expectConnected(phone);
});

import { readFile } from 'node:fs/promises';
import { addDevice, readLabel, signIn } from '../fixtures/customer.ts';
import { expect, open, test } from '../fixtures/test.ts';

const DIGITS = /\d{100,}/;

test('a label can be saved as a drawing and as a picture', async ({ page, deviceId }) => {
  await signIn(page);
  await addDevice(page, deviceId);
  for (const [name, file, start] of [
    ['Save as SVG', 'gridpass-label.svg', '<'],
    ['Save as PNG', 'gridpass-label.png', '\x89PNG'],
  ] as const) {
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe(file);
    expect((await readFile(await download.path(), 'latin1')).startsWith(start)).toBe(true);
  }
});

test('neither the device ID nor a part of it stands beside a code', async ({ page, deviceId }) => {
  await signIn(page);
  await addDevice(page, deviceId);
  await page.reload();
  await readLabel(page);
  const digits = deviceId.replace(/\D/g, '');
  const text = (await page.content()).replace(DIGITS, '');
  expect(text).not.toContain(deviceId);
  expect(text).not.toContain(digits);
  expect(await page.getByRole('main').innerText()).not.toContain(digits.slice(-4));
});

test('a label is shown in the browser that made it alone', async ({ page, newPage, deviceId }) => {
  await signIn(page);
  await addDevice(page, deviceId);
  const { link } = await readLabel(page);
  const other = await newPage();
  await signIn(other);
  await open(other, new URL(page.url()).pathname);
  await expect(other.getByRole('heading', { name: 'The code is in another browser' })).toBeVisible();
  expect(await other.content()).not.toMatch(DIGITS);

  await other.getByRole('button', { name: 'Make a new code' }).click();
  await expect(other.getByRole('img', { name: 'QR code for your device' })).toBeVisible();
  expect((await readLabel(other)).link).not.toBe(link);
});

test('the pictures of a label are not for strangers', async ({ page, newPage, complaints, deviceId }) => {
  await signIn(page);
  await addDevice(page, deviceId);
  const stranger = await newPage();
  complaints.expectStatus(401, 404);
  for (const ending of ['svg', 'png']) {
    const answer = await stranger.request.get(`${new URL(page.url()).pathname}/label.${ending}`);
    expect([401, 404]).toContain(answer.status());
  }
});

test('a cancelled code is gone and a new one can be made', async ({ page, deviceId }) => {
  await signIn(page);
  await addDevice(page, deviceId);
  await page.getByText('Cancel', { exact: true }).click();
  await page.getByRole('button', { name: 'Stop this code' }).click();
  await expect(page.getByText('This code no longer works.')).toBeVisible();
  await expect(page.getByRole('img', { name: 'QR code for your device' })).toBeHidden();
  await page.getByRole('button', { name: 'Make a new code' }).click();
  await expect(page.getByRole('img', { name: 'QR code for your device' })).toBeVisible();
});

test('on paper there is the code, what to do with it, and nothing else', async ({ page, deviceId }) => {
  await signIn(page);
  await addDevice(page, deviceId);
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('img', { name: 'QR code for your device' })).toBeVisible();
  await expect(page.getByLabel('Code to type')).toBeVisible();
  await expect(page.getByRole('paragraph').filter({ hasText: 'Connect your device' })).toBeVisible();
  await expect(page.getByRole('banner')).toBeHidden();
  await expect(page.getByRole('contentinfo')).toBeHidden();
  await expect(page.getByRole('link', { name: 'Save as PNG' })).toBeHidden();
});

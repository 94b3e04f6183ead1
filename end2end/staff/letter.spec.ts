import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { enterDeviceId, expectConnected, expectDeviceIdAsked } from '../fixtures/device.ts';
import type { Portal } from '../fixtures/portal.ts';
import { joinStaff } from '../fixtures/staff.ts';
import { expect, open, test } from '../fixtures/test.ts';

/** The provider's own system says where letters for Ada go. */
async function giveAddress(portal: Portal): Promise<void> {
  const scope = ['--scope', 'accounts:write'];
  const token = await portal.run('token', 'create', '--provider', 'demo', '--name', 'billing', ...scope);
  const address = {
    line_1: '7 Elm St',
    postal_code: '05602',
    city: 'Montpelier',
    region: 'VT',
    country: 'US',
  };
  const answer = await fetch(`${portal.origin}/api/v1/accounts/A-1001`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token.trim()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Ada Alvarez', email: 'ada@customers.example', address }),
  });
  expect(answer.status).toBe(200);
}

/** The QR codes of letters, a page each. Outside judges: poppler prints them, zbar reads what is printed. */
function printedCodes(pdf: string, pictures: string): string[] {
  expect(readFileSync(pdf).subarray(0, 5).toString()).toBe('%PDF-');
  execFileSync('pdftoppm', ['-r', '200', '-png', pdf, pictures]);
  return readdirSync(dirname(pictures))
    .filter((file) => file.startsWith(`${basename(pictures)}-`) && file.endsWith('.png'))
    .sort()
    .map((file) =>
      execFileSync('zbarimg', ['--quiet', '--raw', join(dirname(pictures), file)])
        .toString()
        .trim(),
    );
}

test('a device registered on the phone enrols with the printed letter', async ({
  page,
  newPage,
  portal,
  deviceId,
}, testInfo) => {
  await giveAddress(portal);
  await joinStaff(page, portal, 'operator');
  await open(page, '/staff/intake');
  await page.getByRole('textbox', { name: 'Customer' }).fill('A-1001');
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByRole('link', { name: 'Choose Ada Alvarez, A-1001' }).click();
  await page.getByLabel('Device ID').fill(deviceId);
  await page.getByLabel('Send the code by').selectOption('letter');
  await page.getByRole('button', { name: 'Register and send the code' }).click();
  await expect(page.getByRole('status')).toContainText('The code is on its way to the customer');

  await open(page, '/staff/deliveries');
  const printed = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Print new letters' }).click();
  const pdf = testInfo.outputPath('letters.pdf');
  await (await printed).saveAs(pdf);

  const read = printedCodes(pdf, testInfo.outputPath('letter'));
  expect(read).toHaveLength(1);
  expect(read[0]).toContain(`${portal.origin}/e#`);

  const phone = await newPage();
  await open(phone, read[0] ?? '');
  await expectDeviceIdAsked(phone);
  await enterDeviceId(phone, deviceId);
  await expectConnected(phone);
});

test('the letters of a file are printed together, and each connects its device', async ({
  page,
  newPage,
  portal,
  deviceId,
}, testInfo) => {
  await giveAddress(portal);
  await joinStaff(page, portal, 'operator');
  await open(page, '/staff/jobs');
  const other = 'SN-4711-0001';
  await page.locator('input[type=file]').setInputFiles({
    name: 'devices.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(`account,device_id,channel\nA-1001,${deviceId},letter\nA-1001,${other},letter\n`),
  });
  await page.getByRole('button', { name: 'Check the file' }).click();
  await page.getByRole('button', { name: 'Register 2 devices' }).click();
  await expect(page.locator('h1 + .badge')).toHaveText('Finished');
  const printed = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Print the letters (PDF)' }).click();
  const pdf = testInfo.outputPath('letters.pdf');
  await (await printed).saveAs(pdf);

  const codes = printedCodes(pdf, testInfo.outputPath('letter'));
  expect(codes).toHaveLength(2);
  for (const [code, device] of [
    [codes[0], deviceId],
    [codes[1], other],
  ]) {
    const phone = await newPage();
    await open(phone, code ?? '');
    await expectDeviceIdAsked(phone);
    await enterDeviceId(phone, device ?? '');
    await expectConnected(phone);
  }
});

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

  // Outside judges: poppler prints it, zbar reads what is printed.
  const picture = testInfo.outputPath('letter');
  execFileSync('pdftoppm', ['-r', '200', '-png', '-singlefile', pdf, picture]);
  expect(readFileSync(pdf).subarray(0, 5).toString()).toBe('%PDF-');
  const read = execFileSync('zbarimg', ['--quiet', '--raw', `${picture}.png`]).toString();
  expect(read).toContain(`${portal.origin}/e#`);

  const phone = await newPage();
  await open(phone, read.trim());
  await expectDeviceIdAsked(phone);
  await enterDeviceId(phone, deviceId);
  await expectConnected(phone);
});

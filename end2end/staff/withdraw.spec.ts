import { signIn } from '../fixtures/customer.ts';
import { enterDeviceId, expectConnected } from '../fixtures/device.ts';
import type { Portal } from '../fixtures/portal.ts';
import { joinStaff } from '../fixtures/staff.ts';
import { expect, expectAccessible, open, type Page, test as base } from '../fixtures/test.ts';

/** Five wrong device IDs lock a code long before one address has had too many tries. */
const test = base.extend({
  portalSettings: async ({}, use) => use({ environment: { LIMITS__OTP_FAILURES_PER_IP: '100' } }),
});

/** Connects a device with a label of the provider's own system. The id of its enrollment. */
async function connect(page: Page, portal: Portal, deviceId: string): Promise<string> {
  const label = await portal.label(deviceId);
  await open(page, label.link);
  await enterDeviceId(page, deviceId);
  await expectConnected(page);
  return label.enrollment_id;
}

function badge(page: Page) {
  return page.locator('h1 + .badge');
}

test('a customer withdraws the pass of a device that is lost, and the desk sees by whom', async ({
  page,
  newPage,
  portal,
  deviceId,
}) => {
  const enrollment = await connect(await newPage(), portal, deviceId);
  const desk = await newPage();
  await joinStaff(desk, portal, 'support');
  await open(desk, `/staff/enrollments/${enrollment}`);
  await expect(badge(desk)).toHaveText(/^(Connected|Active)$/);
  const identifiers = desk.getByRole('group').filter({ hasText: 'LFDI' });
  await desk.getByText('Identifiers').click();
  await expect(identifiers).toHaveAttribute('open');

  await signIn(page);
  await open(page, `/devices/${enrollment}`);
  await page.getByText('I lost this device').click();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Withdraw its pass' }).click();
  await expect(page.getByText('I lost this device')).toHaveCount(0);
  await expectAccessible(page);

  await expect(badge(desk), 'the desk follows').toHaveText('Revoked');
  await expect(identifiers, 'what was unfolded stays so').toHaveAttribute('open');
  await expect(desk.getByRole('region', { name: 'What happened' })).toContainText('The customer');
});

test('an operator revokes a certificate with a reason, and the customer is told', async ({
  page,
  newPage,
  portal,
  deviceId,
}) => {
  const enrollment = await connect(await newPage(), portal, deviceId);
  await joinStaff(page, portal, 'operator');
  await open(page, `/staff/enrollments/${enrollment}`);
  await page.locator('summary', { hasText: 'Revoke' }).click();
  await page
    .getByRole('combobox', { name: 'What happened' })
    .selectOption('The device was given or thrown away');
  await page.locator('#revoke-words').fill('sold the house');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Revoke the certificate' }).click();
  await expect(page.getByRole('status')).toContainText('The certificate is no longer valid');
  await expect(badge(page)).toHaveText('Revoked');
  await expect(page.getByRole('region', { name: 'What happened' })).toContainText('sold the house');
  await expect(page.locator('summary', { hasText: 'Revoke' })).toHaveCount(0);

  const customer = await newPage();
  await signIn(customer);
  await open(customer, `/devices/${enrollment}`);
  await expect(customer.getByText('I lost this device')).toHaveCount(0);
  expect(await customer.content(), 'what colleagues wrote is theirs').not.toContain('sold the house');
});

test('a device on hold is stopped, and goes on when the hold ends', async ({
  page,
  newPage,
  portal,
  deviceId,
  complaints,
}) => {
  complaints.expectStatus(403);
  const phone = await newPage();
  const enrollment = await connect(phone, portal, deviceId);
  await open(phone, '/device');
  const standing = phone.locator('.this-device-standing .badge:visible');
  const quiet = phone.locator('.this-device[aria-busy=false]');
  await expect(quiet).toBeVisible();
  await joinStaff(page, portal, 'operator');
  await open(page, `/staff/enrollments/${enrollment}`);
  await page.locator('summary', { hasText: 'Put on hold' }).click();
  await page.locator('#hold-words').fill('spoke out of turn');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Put the device on hold' }).click();
  await expect(page.getByRole('status')).toContainText('not valid for now');
  await expect(badge(page)).toHaveText('On hold');
  const certificates = page.getByRole('region', { name: 'Certificates' });
  await expect(certificates).toContainText('On hold');
  await expectAccessible(page);

  await phone.reload();
  await expect(standing).toHaveText('Stopped by the provider');

  await page.locator('summary', { hasText: 'End the hold' }).click();
  await page.locator('#release-words').fill('a backup, says the customer');
  await page.getByRole('button', { name: 'End the hold' }).click();
  await expect(page.getByRole('status')).toContainText('valid again');
  await expect(badge(page)).toHaveText('Active');
  await expect(certificates).toContainText('Good');
  await expect(quiet).toBeVisible();
  await phone.getByRole('button', { name: 'Try again' }).click();
  await expect(standing).toHaveText('Connected');
});

test('a locked code is unlocked with a new one, which connects the device', async ({
  page,
  newPage,
  portal,
  deviceId,
  complaints,
}) => {
  complaints.expectStatus(401, 423);
  await joinStaff(page, portal, 'support');
  await expect(page.getByText('Nothing waits for you')).toBeVisible();
  await expectAccessible(page);
  const { enrollment_id, link } = await portal.register(deviceId);
  const phone = await newPage();
  await open(phone, link);
  for (const left of ['4 tries', '3 tries', '2 tries', '1 try']) {
    await enterDeviceId(phone, `${deviceId}9`);
    await expect(phone.getByText(`You have ${left} left.`)).toBeVisible();
  }
  await enterDeviceId(phone, `${deviceId}9`);
  await expect(phone.getByRole('textbox', { name: 'Device ID' })).toBeHidden();

  await expect(page.getByText('One code of the last 7 days is locked'), 'by itself').toBeVisible();
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Show the locked codes' }).click();
  await page.locator('tbody a').click();
  await expect(page).toHaveURL(`/staff/enrollments/${enrollment_id}`);
  await expect(badge(page)).toHaveText('Locked');
  await page.locator('summary', { hasText: 'Send a new code' }).click();
  await expect(page.getByText('stays locked for good')).toBeVisible();
  await page.getByLabel('Send it by').selectOption('email');
  await page.locator('#renew-words').fill('mistyped it');
  await page.getByRole('button', { name: 'Send a new code' }).click();
  await expect(page.getByRole('status')).toContainText('A new code is on its way');
  await expect(badge(page)).toHaveText('Waiting');

  // The mail waits, for there is no mail server here.
  await open(phone, '/dev/outbox');
  const mail = (await phone.locator('main').textContent()) ?? '';
  const code = /([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}/.exec(mail)?.[0] ?? '';
  const fresh = await newPage();
  await open(fresh, '/e');
  await fresh.getByRole('textbox', { name: 'Code' }).fill(code);
  await fresh.getByRole('button', { name: 'Continue' }).click();
  await enterDeviceId(fresh, deviceId);
  await expectConnected(fresh);
  await expect(badge(page), 'the desk follows').toHaveText(/^(Connected|Active)$/);
});

import { enrol } from '../fixtures/device.ts';
import { joinStaff } from '../fixtures/staff.ts';
import { expect, hydrated, open, type Page, test } from '../fixtures/test.ts';
import { backUp, restore } from '../fixtures/vault.ts';
import { expectGood } from './good.ts';

const PATH = '/staff/enrollments';

/** How the device on the page stands, once it has spoken. */
async function expectStanding(phone: Page, standing: string): Promise<void> {
  const card = phone.locator('.this-device');
  await expect(card.locator('.this-device-standing .badge:visible')).toHaveText(standing);
  await expect(card).toHaveAttribute('aria-busy', 'false');
}

async function openDevice(phone: Page, standing: string): Promise<void> {
  await open(phone, '/device');
  await expectStanding(phone, standing);
}

test('the desk sees the series of keys grow, and who vouched for whom', async ({
  page,
  newPage,
  portal,
  deviceId,
}) => {
  const phone = await newPage();
  const enrollment = await enrol(phone, portal, deviceId);
  await openDevice(phone, 'Connected');
  for (let round = 0; round < 2; round += 1) {
    await phone.getByRole('button', { name: 'Renew now' }).click();
    await expectStanding(phone, 'Renewed');
    await openDevice(phone, 'Connected');
  }
  await joinStaff(page, portal, 'auditor');
  await open(page, `${PATH}/${enrollment}`);
  const keys = page.getByRole('region', { name: 'Keys of the device' }).first();
  await expect(keys.getByRole('img')).toHaveAccessibleName(/3 keys/);
  await expect(keys).toContainText('Every signature of the series verifies.');
  const lines = keys.getByRole('listitem');
  await expect(lines).toHaveCount(3);
  await expect(lines.nth(0)).toContainText('Key 3');
  await expect(lines.nth(0)).toContainText('In use');
  await expect(lines.nth(0)).toContainText('vouched for by: Key 2');
  await expect(lines.nth(2)).toContainText('the one-time password');
  await expect(lines.nth(2)).toContainText('Replaced');
  const timeline = page.getByRole('region', { name: 'What happened' });
  await expect(timeline).toContainText('Goes on with its new key');
  await expectGood(page);
});

test('a suspected copy is there for staff to look into, and stays until somebody did', async ({
  page,
  newPage,
  portal,
  deviceId,
  complaints,
}) => {
  complaints.expectStatus(409);
  const phone = await newPage();
  const enrollment = await enrol(phone, portal, deviceId);
  await openDevice(phone, 'Connected');
  await backUp(phone);
  await phone.reload();
  await hydrated(phone);
  await expectStanding(phone, 'Connected');
  await joinStaff(page, portal, 'operator');
  await open(page, PATH);
  const copies = page.getByRole('region', { name: 'One device may have a copy' });
  await expect(copies).toBeHidden();

  // As if the phone had been restored from a backup.
  await open(phone, '/');
  await restore(phone);
  await openDevice(phone, 'Looks like a copy');

  await expect(copies, 'without reloading').toBeVisible();
  await expectGood(page);
  await copies.getByRole('link').click();
  await expect(page).toHaveURL(new RegExp(enrollment));
  const suspicion = page.getByRole('region', { name: 'There may be a copy of this device' });
  await expect(suspicion).toBeVisible();
  await expectGood(page);
  await suspicion.getByText('Take the suspicion back').first().click();
  await suspicion.getByLabel('Reason').fill('Restored from a backup, says the customer');
  await suspicion.getByRole('button', { name: 'Take the suspicion back' }).click();
  await expect(page.getByRole('status')).toHaveText('The suspicion was taken back.');
  await expect(suspicion).toBeHidden();
  await expect(page.getByRole('region', { name: 'What happened' })).toContainText(
    'Restored from a backup, says the customer',
  );
  await open(page, PATH);
  await expect(copies).toBeHidden();
});

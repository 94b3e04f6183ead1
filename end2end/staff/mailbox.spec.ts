import { enrol } from '../fixtures/device.ts';
import { joinStaff } from '../fixtures/staff.ts';
import { expect, open, test } from '../fixtures/test.ts';
import { expectGood } from './good.ts';

test('an operator instructs a device, sees where that stands, and takes it back', async ({
  page,
  newPage,
  portal,
  deviceId,
}) => {
  const phone = await newPage();
  const enrollment = await enrol(phone, portal, deviceId);
  await joinStaff(page, portal, 'operator');
  await open(page, `/staff/enrollments/${enrollment}`);
  const mailbox = page.getByRole('region', { name: 'Sent to the device' });
  await expect(mailbox).toContainText('Nothing was sent to this device yet.');
  await mailbox.getByText('Send an instruction').click();
  await expectGood(page);
  await mailbox.getByLabel('Instruction').fill('Set Point');
  await mailbox.getByLabel('Details').fill('{"celsius": 20}');
  await mailbox.getByLabel('Good for').selectOption({ label: '6 hours' });
  await mailbox.getByRole('button', { name: 'Send' }).click();

  await expect(mailbox.getByRole('alert')).toContainText('Check the name and the details');
  await expect(mailbox.getByLabel('Details'), 'what was typed').toHaveValue('{"celsius": 20}');
  await expect(mailbox.getByLabel('Good for')).toHaveValue('21600');
  await mailbox.getByLabel('Instruction').fill('set-point');
  await mailbox.getByRole('button', { name: 'Send' }).click();

  await expect(page.getByRole('status')).toHaveText('The instruction was sent.');
  const line = mailbox.getByRole('listitem');
  await expect(line).toHaveCount(1);
  await expect(line).toContainText('Instruction: set-point');
  await expect(line).toContainText('Waiting for the device');
  await expect(line).toContainText('{"celsius":20}');
  const timeline = page.getByRole('region', { name: 'What happened' });
  await expect(timeline).toContainText('Sent the instruction set-point');
  await expectGood(page);

  await line.getByRole('button', { name: 'Take back: Instruction: set-point' }).click();
  await expect(page.getByRole('status')).toHaveText('The instruction was taken back.');
  await expect(line).toContainText('Taken back');
  await expect(line.getByRole('button')).toHaveCount(0);
  await expect(timeline).toContainText('Took an instruction back');
});

test('support sees what was sent and cannot send', async ({ page, newPage, portal, deviceId }) => {
  const phone = await newPage();
  const enrollment = await enrol(phone, portal, deviceId);
  await joinStaff(page, portal, 'support');
  await open(page, `/staff/enrollments/${enrollment}`);
  const mailbox = page.getByRole('region', { name: 'Sent to the device' });
  await expect(mailbox).toBeVisible();
  await expect(mailbox.getByText('Send an instruction')).toHaveCount(0);
});

test('an admin changes the settings of devices and brings the older ones back', async ({
  page,
  newPage,
  portal,
  deviceId,
}) => {
  await enrol(await newPage(), portal, deviceId);
  await joinStaff(page, portal, 'admin');
  await open(page, '/staff');
  const places = page.getByRole('region', { name: 'What you find where' });
  await places.getByRole('link', { name: 'Device settings' }).click();
  const devices = page.getByRole('region', { name: 'Phones, tablets and computers' });
  const rows = devices.getByRole('row');
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(1)).toContainText('From the configuration');
  await devices.getByText('Change', { exact: true }).click();
  await expectGood(page);
  await devices.getByLabel('Seconds between two polls').fill('45');
  await devices.getByLabel('Help by phone').fill('+1 802 555 0199');
  await devices.getByRole('button', { name: 'Make new version' }).click();

  await expect(page.getByRole('status')).toContainText('There is a new version.');
  await expect(rows).toHaveCount(3);
  await expect(rows.nth(1)).toContainText('Polls every 45 s');
  await expect(rows.nth(1)).toContainText('In force');
  await expect(rows.nth(1)).toContainText('0 go by it, 1 waiting, 0 refused or failed');
  const gateways = page.getByRole('region', { name: 'Gateways', exact: true });
  await expect(gateways.getByRole('row')).toHaveCount(2);
  await expectGood(page);

  await devices.getByRole('button', { name: 'Bring back version 1' }).click();
  await expect(page.getByRole('status')).toContainText('The older version is the newest one now.');
  await expect(rows).toHaveCount(4);
  await expect(rows.nth(1)).toContainText('Brought back version 1');
  await expectGood(page);
});

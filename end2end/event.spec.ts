import { readFile } from 'node:fs/promises';
import { enrol, expectState } from './fixtures/device.ts';
import { Gateway } from './fixtures/gateway.ts';
import { joinStaff } from './fixtures/staff.ts';
import { expect, hydrated, open, type Page, test as base } from './fixtures/test.ts';

const DEVICE_ID = 'SN-4711-0815';

const BROKEN =
  /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_FAILED|ERR_NETWORK|ERR_INCOMPLETE/;
/** Devices wait to be woken, and come back by themselves after a while. */
const PATIENCE = 60_000;

/** A gateway that follows events with the simulated thermostat of the examples, and measures every second. */
const test = base.extend<{ gateway: Gateway }>({
  gateway: async ({}, use) => {
    const gateway = await Gateway.make(DEVICE_ID, (path) => {
      const hook = (what: string) =>
        [
          `[${what}]`,
          `program = '${Gateway.thermostat}'`,
          `arguments = ['${what}']`,
          `environment = { THERMOSTAT_FILE = '${path('thermostat')}' }`,
        ].join('\n');
      return `${hook('event')}\nafter_interruption = 'repeat'\n${hook('report')}\ninterval = 1\n`;
    });
    await use(gateway);
    await gateway.stop();
  },
});

/** What the thermostat is set to. */
async function level(gateway: Gateway): Promise<string | undefined> {
  const kept = await readFile(gateway.path('thermostat'), 'utf8').catch(() => '');
  return /level=(\d)/.exec(kept)?.[1];
}

/** Makes an event of half an hour that begins in this very minute, for every device there is. */
async function makeEvent(page: Page): Promise<void> {
  await open(page, '/staff/dr/programs');
  await page.getByLabel('Name').fill('Peak saver');
  await page.getByRole('button', { name: 'Make the programme' }).click();
  await expect(page.getByText('The programme was made.')).toBeVisible();
  await open(page, '/staff/dr/new');
  await page.getByLabel('Name').fill('Evening peak');
  await page.getByLabel('Begins (UTC)').fill(new Date().toISOString().slice(0, 16));
  await page.getByLabel('Lasts, in minutes').fill('30');
  await page.getByLabel('How much').fill('2');
  await page.getByRole('button', { name: 'Count the devices' }).click();
  await expect(page.getByText('This reaches 2 devices now.')).toBeVisible();
  await page.getByRole('button', { name: 'Send to 2 devices' }).click();
  await expect(page.getByText('The event is on its way.')).toBeVisible();
}

test('phone and gateway follow an event, over a lost connection, a power cut and a restart of the portal, until it is called off', async ({
  page: phone,
  newPage,
  portal,
  deviceId,
  gateway,
  complaints,
}) => {
  test.setTimeout(240_000);
  complaints.expectLine(BROKEN);
  await enrol(phone, portal, deviceId);
  const { link, enrollment_id } = await portal.register(DEVICE_ID, { kind: 'gateway', account: 'A-1002' });
  await gateway.run('enroll', link);
  await gateway.start();
  await expectState(portal, enrollment_id, 'active');
  await open(phone, '/device');
  const desk = await newPage();
  await joinStaff(desk, portal, 'operator');
  await makeEvent(desk);

  // The desk shows it by itself, without a hand.
  const count = (name: string) => desk.locator(`#count-${name}`);
  await expect(count('executed'), 'by the gateway').toHaveText('1', { timeout: PATIENCE });
  expect(await level(gateway)).toBe('2');
  await expect(count('acknowledged'), 'by both').toHaveText('2', { timeout: PATIENCE });
  await expect(desk.getByText('No device has reported its load yet.')).toHaveCount(0);
  await expect(desk.getByRole('region', { name: 'Reported load' })).toContainText('The figures');
  const card = phone.locator('li.event', { hasText: 'Evening peak' });
  await expect(card).toContainText('Under way');

  await phone.context().setOffline(true);
  await card.getByRole('button', { name: 'Sit this one out' }).click();
  await expect(card).toContainText('as soon as there is a connection');
  await expect(count('opted-out')).toHaveText('0');
  await gateway.cutPower();
  await portal.restart();
  await gateway.start();
  const spoken = async () => /messages answered +(\d+)/.exec((await gateway.run('status')).stdout)?.[1];
  const before = Number(await spoken());
  await expect.poll(async () => Number(await spoken()) > before, 'goes on').toBe(true);
  await phone.context().setOffline(false);
  await expect(card.getByText('as soon as there is a connection')).toBeHidden({ timeout: PATIENCE });
  await expect(card).toContainText('Without you');
  expect((await gateway.log()).match(/act="interval"/g), 'begun once').toHaveLength(1);

  await desk.reload();
  await hydrated(desk);
  await expect(count('opted-out')).toHaveText('1');
  await expect(count('recipients')).toHaveText('2');
  await desk.locator('summary', { hasText: 'Cancel the event' }).click();
  await desk.getByRole('button', { name: 'Cancel the event' }).click();
  await expect(desk.getByText('The event was cancelled')).toBeVisible();
  await expect.poll(() => level(gateway)).toBe('0');
  await expect(card).toContainText('Called off', { timeout: PATIENCE });
  await expect(count('executed')).toHaveText('1');
});

import { readFile } from 'node:fs/promises';
import { expectState } from './fixtures/device.ts';
import { Gateway } from './fixtures/gateway.ts';
import { joinStaff } from './fixtures/staff.ts';
import { expect, hydrated, open, type Page, test as base } from './fixtures/test.ts';

const DEVICE_ID = 'SN-4711-0815';

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
  await expect(page.getByText('This reaches 1 device now.')).toBeVisible();
  await page.getByRole('button', { name: 'Send to 1 device' }).click();
  await expect(page.getByText('The event is on its way.')).toBeVisible();
}

test('a thermostat follows an event, over a power cut and a restart of the portal, until it is called off', async ({
  page,
  portal,
  gateway,
}) => {
  test.setTimeout(120_000);
  const { link, enrollment_id } = await portal.register(DEVICE_ID, { kind: 'gateway' });
  await gateway.run('enroll', link);
  await gateway.start();
  await expectState(portal, enrollment_id, 'active');
  await joinStaff(page, portal, 'operator');
  await makeEvent(page);

  // The desk shows it by itself, without a hand.
  await expect(page.locator('#count-executed')).toHaveText('1');
  expect(await level(gateway)).toBe('2');
  await expect(page.getByText('No device has reported its load yet.')).toHaveCount(0);
  await expect(page.getByRole('region', { name: 'Reported load' })).toContainText('The figures');

  await gateway.cutPower();
  await portal.restart();
  await gateway.start();
  const spoken = async () => /messages answered +(\d+)/.exec((await gateway.run('status')).stdout)?.[1];
  const before = Number(await spoken());
  await expect.poll(async () => Number(await spoken()) > before, 'goes on').toBe(true);
  expect((await gateway.log()).match(/act="interval"/g), 'begun once').toHaveLength(1);

  await page.reload();
  await hydrated(page);
  await page.locator('summary', { hasText: 'Cancel the event' }).click();
  await page.getByRole('button', { name: 'Cancel the event' }).click();
  await expect(page.getByText('The event was cancelled')).toBeVisible();
  await expect.poll(() => level(gateway)).toBe('0');
  await expect(page.locator('#count-executed')).toHaveText('1');
});

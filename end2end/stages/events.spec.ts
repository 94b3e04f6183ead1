import { enrol, expectState } from '../fixtures/device.ts';
import { Operator } from '../fixtures/events.ts';
import { backUp, restore } from '../fixtures/vault.ts';
import { eachLanguage, expect, expectAccessible, hydrated, open, type Page, test } from '../fixtures/test.ts';

const BROKEN = /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_FAILED|ERR_NETWORK|ERR_INCOMPLETE/;
/** Sentences that do not hold are in the page as well, hidden. */
const SEEN = { useInnerText: true };
const HOT = { name: 'Hot afternoon', startsIn: 60, minutes: 120 };

/** The card of an event. */
function card(page: Page, name = HOT.name) {
  return page.locator('[data-list=events] > .event', { has: page.getByRole('heading', { name, level: 4 }) });
}

function state(page: Page, name = HOT.name) {
  return card(page, name).locator('.badge:visible');
}

/** Opens the page of a device that is connected and hears news at once. */
async function openDevice(page: Page): Promise<void> {
  await open(page, '/device');
  await expect(page.locator('.this-device-standing .badge:visible')).toHaveText('Connected');
  await expect(page.locator('[data-part=listening]')).toBeVisible();
}

test('an event appears while the page is open, in the reader’s own zone, and is acknowledged', async ({
  newPage,
  portal,
  deviceId,
}) => {
  const page = await newPage({ timezoneId: 'America/New_York' });
  const operator = await Operator.join(await newPage(), portal);
  await enrol(page, portal, deviceId);
  await openDevice(page);
  await expect(page.getByText('Nothing is asked of you at the moment.')).toBeVisible();
  const id = await operator.makeEvent({ ...HOT, amounts: '2; 3', incentive: 'A credit of 5 dollars' });
  await expect(state(page)).toHaveText('Coming up');
  await expect(card(page)).toContainText('EST', SEEN);
  await expect(card(page)).toContainText('Use much less electricity than usual.', SEEN);
  await expect(card(page)).toContainText('Use as little electricity as you can.', SEEN);
  await expect(card(page)).toContainText('A credit of 5 dollars', SEEN);
  await expect(page.getByText('Nothing is asked of you at the moment.')).toBeHidden();
  await expect.poll(() => operator.count(id, 'acknowledged')).toBe('1');
  await expectAccessible(page);
  await page.reload();
  await expect(state(page)).toHaveText('Coming up');
});

test('a customer sits an event out, changes their mind, and the provider hears both', async ({
  page,
  newPage,
  portal,
  deviceId,
}) => {
  const operator = await Operator.join(await newPage(), portal);
  await enrol(page, portal, deviceId);
  await openDevice(page);
  const id = await operator.makeEvent(HOT);
  await card(page).getByRole('button', { name: 'Sit this one out' }).click();
  await expect(state(page)).toHaveText('Without you');
  await expect(card(page)).toContainText('You sit this one out.', SEEN);
  await expect(card(page).getByText('as soon as there is a connection')).toBeHidden();
  await expect(card(page).getByRole('heading')).toBeFocused();
  await expect.poll(() => operator.count(id, 'opted-out')).toBe('1');
  await page.reload();
  await expect(state(page)).toHaveText('Without you');
  await card(page).getByRole('button', { name: 'Take part' }).click();
  await expect(state(page)).toHaveText('Coming up');
  await expect(card(page)).toContainText('You take part.', SEEN);
  await expect.poll(() => operator.count(id, 'opted-out')).toBe('0');
});

test('what is decided without a connection survives a reload and is told afterwards', async ({
  page,
  newPage,
  portal,
  deviceId,
  complaints,
}) => {
  complaints.expectLine(BROKEN);
  const operator = await Operator.join(await newPage(), portal);
  await enrol(page, portal, deviceId);
  await openDevice(page);
  const id = await operator.makeEvent(HOT);
  await expect(state(page)).toHaveText('Coming up');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  await page.context().setOffline(true);
  await card(page).getByRole('button', { name: 'Sit this one out' }).click();
  await expect(card(page).getByText('as soon as there is a connection')).toBeVisible();
  await page.reload();
  await hydrated(page);
  await expect(state(page)).toHaveText('Without you');
  await expect(card(page).getByText('as soon as there is a connection')).toBeVisible();
  await expectAccessible(page);
  await page.context().setOffline(false);
  await expect(card(page).getByText('as soon as there is a connection')).toBeHidden();
  await expect.poll(() => operator.count(id, 'opted-out')).toBe('1');
});

test('a changed and a cancelled event take the place of the one before', async ({
  page,
  newPage,
  portal,
  deviceId,
}) => {
  const operator = await Operator.join(await newPage(), portal);
  await enrol(page, portal, deviceId);
  await openDevice(page);
  const id = await operator.makeEvent(HOT);
  await expect(card(page)).toContainText('Use much less', SEEN);
  await operator.changeEvent(id, { ...HOT, amounts: '1' });
  await expect(card(page)).toContainText('Your provider has changed this event', SEEN);
  await expect(card(page)).toContainText('Use a little less', SEEN);
  await expect(card(page)).not.toContainText('Use much less', SEEN);
  await operator.cancelEvent(id);
  await expect(state(page)).toHaveText('Called off');
  await expect(card(page).getByRole('button')).toHaveCount(0);
  await expect(page.locator('[data-list=events] > .event')).toHaveCount(1);
});

test('an event begins, is over, and becomes history with a chart and a table', async ({
  page,
  newPage,
  portal,
  deviceId,
}) => {
  const operator = await Operator.join(await newPage(), portal);
  await enrol(page, portal, deviceId);
  await operator.makeEvent({ ...HOT, kind: 'reduction', amounts: '1.5' });
  await operator.makeEvent({
    name: 'Cold night',
    startsIn: 300,
    minutes: 60,
    kind: 'reduction',
    amounts: '2',
  });
  await openDevice(page);
  await expect(card(page)).toContainText('Use about 1.5 kW less than usual.', SEEN);
  await card(page, 'Cold night').getByRole('button', { name: 'Sit this one out' }).click();
  await expect(state(page, 'Cold night')).toHaveText('Without you');
  await page.clock.setFixedTime(Date.now() + 90 * 60_000);
  await page.reload();
  await expect(state(page)).toHaveText('Under way');
  await page.clock.setFixedTime(Date.now() + 8 * 3600_000);
  await page.reload();
  await expect(state(page)).toHaveText('Over');
  await page.getByText('What has been').click();
  const rows = page.locator('[data-list=history] tr');
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(0)).toContainText('sat it out', SEEN);
  await expect(rows.nth(1)).toContainText('took part', SEEN);
  await expect(page.locator('.saved rect.saved-in')).toHaveCount(1);
  await expect(page.locator('.saved rect.saved-out')).toHaveCount(1);
  await expect(page.locator('.saved text', { hasText: '3' }).first()).toBeVisible();
  await expect(page.getByText('Energy you were asked to save, in kilowatt-hours')).toBeVisible();
  await expectAccessible(page);
});

test('two tabs show the same, and both decisions are told once', async ({
  page,
  newPage,
  portal,
  deviceId,
}) => {
  const operator = await Operator.join(await newPage(), portal);
  await enrol(page, portal, deviceId);
  await openDevice(page);
  const other = await page.context().newPage();
  await openDevice(other);
  const id = await operator.makeEvent(HOT);
  await expect(state(page)).toHaveText('Coming up');
  await expect(state(other)).toHaveText('Coming up');
  await other.bringToFront();
  await card(other).getByRole('button', { name: 'Sit this one out' }).click();
  await expect(state(other)).toHaveText('Without you');
  await expect(state(page), 'the other tab shows it without asking anybody').toHaveText('Without you');
  await expect.poll(() => operator.count(id, 'opted-out')).toBe('1');
});

test('a copy in another browser is told so, and gets no events', async ({
  page,
  newPage,
  portal,
  deviceId,
  complaints,
}) => {
  complaints.expectStatus(409);
  const operator = await Operator.join(await newPage(), portal);
  await enrol(page, portal, deviceId);
  await openDevice(page);
  await backUp(page);
  await operator.makeEvent(HOT);
  await expect(state(page), 'it has spoken since').toHaveText('Coming up');
  // As if the browser had been restored from a backup.
  await open(page, '/');
  await restore(page);
  await open(page, '/device');
  await expect(page.locator('.this-device-standing .badge:visible')).toHaveText('Looks like a copy');
  await expect(card(page)).toHaveCount(0);
});

test('a message of the provider is shown, and anything else is refused', async ({
  page,
  newPage,
  portal,
  deviceId,
}) => {
  const operator = await Operator.join(await newPage(), portal);
  const enrollment = await enrol(page, portal, deviceId);
  await openDevice(page);
  await operator.sendMessage(enrollment, 'Works in your street', 'On Tuesday the power is off from 9 to 10.');
  await expect(page.getByRole('heading', { name: 'Works in your street' })).toBeVisible();
  await expect(page.getByText('On Tuesday the power is off from 9 to 10.')).toBeVisible();
  await expect.poll(() => operator.mailboxOf(enrollment)).toMatch(/Done|Carried out|Executed/i);
  await expectAccessible(page);
});

test('the portal is restarted in the middle, and nothing is lost', async ({
  page,
  newPage,
  portal,
  deviceId,
  complaints,
}) => {
  complaints.expectLine(BROKEN);
  const operator = await Operator.join(await newPage(), portal);
  await enrol(page, portal, deviceId);
  await openDevice(page);
  await operator.makeEvent(HOT);
  await expect(state(page)).toHaveText('Coming up');
  await portal.stopServer();
  await card(page).getByRole('button', { name: 'Sit this one out' }).click();
  await expect(card(page).getByText('as soon as there is a connection')).toBeVisible();
  await portal.restart();
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(card(page).getByText('as soon as there is a connection')).toBeHidden();
  await expect(state(page)).toHaveText('Without you');
});

eachLanguage((language) => {
  for (const [width, colorScheme] of [
    [390, 'light'],
    [1280, 'dark'],
  ] as const) {
    test.describe(`${width} pixels wide, ${colorScheme}`, () => {
      test.use({ viewport: { width, height: 900 }, colorScheme });

      test('events are as they should be', async ({ page, newPage, portal, deviceId }, info) => {
        const operator = await Operator.join(await newPage({ locale: 'en-US' }), portal);
        const { link, enrollment_id } = await portal.register(deviceId);
        await open(page, link);
        await page.locator('[name=device_id]').fill(deviceId);
        await page.locator('main form:has([name=device_id]) button[type=submit]').click();
        await expectState(portal, enrollment_id, 'active');
        await operator.makeEvent({ ...HOT, kind: 'reduction', amounts: '1.5;2', incentive: '5 $' });
        const second = {
          name: 'Cold night',
          startsIn: 200,
          minutes: 60,
          kind: 'price',
          amounts: '0.42',
        } as const;
        const id = await operator.makeEvent(second);
        await operator.makeEvent({ name: 'Storm', startsIn: 300, minutes: 30, amounts: '3' });
        await open(page, '/device');
        await expect(page.locator('html')).toHaveAttribute('lang', language);
        await expect(page.locator('[data-list=events] > .event')).toHaveCount(3);
        // What nobody has heard of yet would be taken back in silence.
        await operator.cancelEvent(id);
        await expect(card(page, 'Cold night').locator('[data-state=cancelled]')).toBeVisible();
        await card(page, 'Storm').locator('[data-do=sit-out]').click();
        await expect(card(page, 'Storm').locator('[data-state=opted-out]')).toBeVisible();
        await expectGood(page);
        await page.screenshot({ path: info.outputPath('events.png'), fullPage: true });
        await page.clock.setFixedTime(Date.now() + 10 * 3600_000);
        await page.reload();
        await page.locator('.history summary').click();
        await expect(page.locator('.saved svg rect').first()).toBeVisible();
        await expectGood(page);
        await page.screenshot({ path: info.outputPath('history.png'), fullPage: true });
      });
    });
  }
});

/** Accessible, nothing cut off at the side. */
async function expectGood(page: Page): Promise<void> {
  await expectAccessible(page);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow, `width of ${page.url()}`).toBeLessThanOrEqual(0);
}

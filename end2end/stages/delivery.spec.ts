import type { Email } from 'postal-mime';
import { enterDeviceId, expectConnected, expectDeviceIdAsked } from '../fixtures/device.ts';
import { Mailbox } from '../fixtures/mailbox.ts';
import { test as base, expect, expectAccessible, hydrated, open, type Page } from '../fixtures/test.ts';

const test = base.extend<{ mailbox: Mailbox }>({
  mailbox: async ({}, use) => {
    const mailbox = await Mailbox.start();
    await use(mailbox);
    await mailbox.stop();
  },
  portalSettings: async ({ mailbox }, use) => use({ environment: mailbox.environment() }),
});

/** The QR code of a mail, cut out of the mail as a mail program shows it. */
async function cutOut(mail: Email, page: Page): Promise<Buffer> {
  const picture = mail.attachments.find((part) => part.contentId === '<label>');
  expect(picture?.mimeType).toBe('image/png');
  const data = Buffer.from(picture?.content as ArrayBuffer).toString('base64');
  await page.setContent((mail.html ?? '').replace('cid:label', `data:image/png;base64,${data}`));
  return page.getByRole('img', { name: 'QR code for your device' }).screenshot();
}

test('a customer chooses mail, and the code in the mail connects the device', async ({
  page,
  newPage,
  mailbox,
  deviceId,
}) => {
  await open(page, '/account');
  await page.getByLabel('Account number').fill('A-1001');
  await page.getByRole('button', { name: 'Send me a link' }).click();
  // The mail may be here before the page has gone on.
  await page.waitForURL('**/account/code');
  const invitation = await mailbox.next();
  expect(invitation.to?.[0]?.address).toBe('ada@customers.example');
  const link = /https?:\/\/\S+\/account\/link#\S+/.exec(invitation.text ?? '')?.[0] ?? '';
  await page.goto(link);
  await expect(page.getByRole('heading', { name: 'My devices' })).toBeVisible();

  await open(page, '/devices/new');
  await page.getByLabel('Device ID').fill(deviceId);
  await page.getByLabel('By e-mail').check();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Make the code' }).click();
  await expect(page.getByRole('heading', { name: 'Your code is on its way by e-mail' })).toBeVisible();
  await expect(page.getByRole('img', { name: 'QR code for your device' })).toHaveCount(0);

  const mail = await mailbox.next();
  expect(mail.subject).toContain('Green Mountain Electric Coop');
  expect(mail.text).toMatch(/([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}/);
  const program = await newPage();
  const picture = await cutOut(mail, program);

  const phone = await newPage();
  await open(phone, '/e');
  await phone
    .getByTestId('picture')
    .setInputFiles({ name: 'mail.png', mimeType: 'image/png', buffer: picture });
  await expectDeviceIdAsked(phone);
  await enterDeviceId(phone, deviceId);
  await expectConnected(phone);
  await expect(page.getByRole('heading', { name: /is connected/ })).toBeVisible();
  await hydrated(page);
});

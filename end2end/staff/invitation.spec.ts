import { Mailbox } from '../fixtures/mailbox.ts';
import { joinStaff, PASSWORD, seconds, totp } from '../fixtures/staff.ts';
import { test as base, expect, expectAccessible, open } from '../fixtures/test.ts';

const test = base.extend<{ mailbox: Mailbox }>({
  mailbox: async ({}, use) => {
    const mailbox = await Mailbox.start();
    await use(mailbox);
    await mailbox.stop();
  },
  portalSettings: async ({ mailbox }, use) => use({ environment: mailbox.environment() }),
});

test('where mails leave, a colleague alone gets the invitation and opens it from the mail', async ({
  page,
  newPage,
  portal,
  mailbox,
}) => {
  await joinStaff(page, portal, 'admin');
  await open(page, '/staff/people');
  await page.getByLabel('Name').fill('Sue Support');
  await page.getByLabel('Work e-mail address').fill('sue@gmec.example');
  await page.getByRole('button', { name: 'Make an invitation' }).click();
  await expect(page.getByRole('status')).toContainText('on its way to sue@gmec.example');
  await expect(page.getByTestId('invitation')).toHaveCount(0);
  await expectAccessible(page);

  const mail = await mailbox.next();
  expect(mail.to?.[0]?.address).toBe('sue@gmec.example');
  const link = /https?:\/\/\S+\/staff\/invitation#\S+/.exec(mail.text ?? '')?.[0] ?? '';
  const colleague = await newPage();
  await open(colleague, link);
  expect(colleague.url(), 'the token leaves the address bar').toBe(`${portal.origin}/staff/invitation`);
  await colleague.getByRole('button', { name: 'Open it' }).click();
  const secret = (await colleague.getByTestId('totp-secret').textContent()) ?? '';
  await colleague.getByLabel('Choose a password').fill(PASSWORD);
  await colleague.getByLabel('Code of your authenticator app').fill(totp(secret, seconds()));
  await colleague.getByRole('button', { name: 'Join', exact: true }).click();
  await expect(colleague.getByText('You are signed in as Sue Support')).toBeVisible();

  await page.reload();
  await expect(page.getByText('on its way')).toHaveCount(0);
});

import { joinStaff, invite, PASSWORD, seconds, totp } from '../fixtures/staff.ts';
import { eachLanguage, expect, expectAccessible, hydrated, type Page, test } from '../fixtures/test.ts';

/** A device with a screen lock, as Chromium's own testing tools make it. */
async function addAuthenticator(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

async function openInvitation(page: Page, link: string): Promise<void> {
  await page.goto('/staff/invitation');
  await hydrated(page);
  await page.getByLabel('Invitation', { exact: true }).fill(link);
  await page.getByRole('button', { name: 'Open it' }).click();
  await expect(page.getByRole('heading', { name: /^Join the desk of/ })).toBeVisible();
  await hydrated(page);
}

test('staff join and sign in with password and authenticator; a code works once', async ({
  page,
  newPage,
  portal,
}) => {
  const joined = seconds();
  await portal.setClock(joined);
  const member = await joinStaff(page, portal, 'admin', 'demo', joined);
  await expectAccessible(page);

  const other = await newPage();
  const signIn = async (at: number): Promise<void> => {
    await other.goto('/staff');
    await other.getByLabel('Work e-mail address').fill(member.email);
    await other.getByLabel('Password').fill(PASSWORD);
    await other.getByLabel('Code of your authenticator app').fill(totp(member.secret, at));
    await other.getByRole('button', { name: 'Sign in', exact: true }).click();
  };
  await signIn(joined);
  await expect(other.getByRole('alert').filter({ hasText: 'not right' })).toBeVisible();
  await expect(other.getByLabel('Work e-mail address')).toHaveValue(member.email);
  await expectAccessible(other);
  await portal.setClock(joined + 60);
  await signIn(joined + 60);
  await expect(other.getByText('You are signed in as The admin')).toBeVisible();
});

test.use({ portalSettings: { clock: seconds() } });

test('staff join and sign in with a passkey', async ({ page, portal }) => {
  await addAuthenticator(page);
  const { link } = await invite(portal, 'operator');
  await openInvitation(page, link);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Join with a passkey' }).click();
  await expect(page.getByText('You are signed in as The operator')).toBeVisible();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in to the desk' })).toBeVisible();
  await hydrated(page);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await expect(page.getByText('You are signed in as The operator')).toBeVisible();

  await page.goto('/staff/security');
  await hydrated(page);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Remove: Passkey' }).click();
  await expect(page.getByText('This is your only way to sign in')).toBeVisible();
});

test('an admin invites a colleague, who joins with the link that was shown once', async ({
  page,
  newPage,
  portal,
}) => {
  await joinStaff(page, portal, 'admin');
  await page.goto('/staff/people');
  await page.getByLabel('Name').fill('Sue Support');
  await page.getByLabel('Work e-mail address').fill('sue@gmec.example');
  await page.getByRole('button', { name: 'Make an invitation' }).click();
  const link = (await page.getByTestId('invitation').textContent()) ?? '';
  await expectAccessible(page);
  await page.reload();
  await expect(page.getByTestId('invitation')).toHaveCount(0);

  const colleague = await newPage();
  await addAuthenticator(colleague);
  await openInvitation(colleague, link);
  await colleague.getByRole('button', { name: 'Join with a passkey' }).click();
  await expect(colleague.getByText('You are signed in as Sue Support')).toBeVisible();
  await expect(colleague.getByRole('link', { name: 'Colleagues' })).toHaveCount(0);

  await page.reload();
  await page.getByRole('button', { name: 'Put off the staff: Sue Support' }).click();
  await colleague.goto('/staff/customers');
  await expect(colleague.getByRole('heading', { name: 'Sign in to the desk' })).toBeVisible();
});

test('customers are imported after a dry run, found, and changed', async ({ page, portal }) => {
  await joinStaff(page, portal, 'operator');
  await page.goto('/staff/customers/import');
  await expectAccessible(page);
  const table = 'number,name,email\nC-1,Cleo Clark,cleo@customers.example\nC-2,,\n';
  await page
    .getByLabel('Table')
    .setInputFiles({ name: 'c.csv', mimeType: 'text/csv', buffer: Buffer.from(table) });
  await page.getByRole('button', { name: 'Check the table' }).click();
  await expect(page.getByRole('row', { name: '3 C-2 The name is missing' })).toBeVisible();
  await expect(page.getByText('Nothing is written yet')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Import 1 customer' }).click();
  await expect(page.getByText('Every line was imported or left out')).toBeVisible();
  await expectAccessible(page);
  await page.goto('/staff/customers');
  await page.getByLabel('Search').fill('cleo');
  await page.getByRole('button', { name: 'Search' }).click();
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Cleo Clark' }).click();
  await page.getByText('Change this customer').click();
  await page.getByLabel('Mobile number').fill('12');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'plus sign' })).toBeVisible();
  await expect(page.getByLabel('Mobile number')).toHaveValue('12');
  await page.getByLabel('Mobile number').fill('+1 802 555 0123');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('+18025550123')).toBeVisible();
  await expectAccessible(page);
});

eachLanguage((language) => {
  test(`the way in speaks ${language}`, async ({ page }) => {
    await page.goto('/staff');
    const title = language === 'en' ? 'Sign in to the desk' : 'Entrar en la mesa';
    await expect(page.getByRole('heading', { name: title })).toBeVisible();
  });
});

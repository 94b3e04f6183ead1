import { Gateway } from '../fixtures/gateway.ts';
import { joinStaff } from '../fixtures/staff.ts';
import { expect, open, test } from '../fixtures/test.ts';
import { expectGood } from './good.ts';

const DEVICE_ID = 'SN-4711-0815';

test.use({ portalSettings: { provider: 'est = { approval = "manual", retry_after = 1 }' } });

for (const width of [390, 1280] as const) {
  test(`a gateway that enrols over EST waits until somebody approves its key, ${width} pixels wide`, async ({
    newPage,
    portal,
  }) => {
    const gateway = await Gateway.make(DEVICE_ID);
    const desk = await newPage({ viewport: { width, height: 900 } });
    await joinStaff(desk, portal, 'support');
    await expect(desk.getByText('Nothing waits for you')).toBeVisible();

    const { link, enrollment_id } = await portal.register(DEVICE_ID, { kind: 'gateway' });
    const enrolling = gateway.run('enroll', '--est', link);
    const waiting = desk.getByRole('region', { name: 'One device waits for an approval' });
    await expect(waiting, 'by itself').toBeVisible();
    await expectGood(desk);
    await waiting.getByRole('link').click();

    const [fingerprint] = (await gateway.run('status')).stdout.match(/[0-9a-f]{64}/) ?? ['none'];
    await expect(desk).toHaveURL(`/staff/enrollments/${enrollment_id}`);
    const request = desk.getByRole('region', { name: 'This device waits for your approval' });
    await expect(request).toContainText(fingerprint);
    await expectGood(desk);
    await desk.getByRole('button', { name: 'Approve this device' }).click();
    await expect(desk.getByRole('status')).toContainText('The device is approved');

    const { stdout, stderr } = await enrolling;
    expect(stdout).toContain(enrollment_id);
    expect(stderr, 'what is compared').toContain(fingerprint);
    await expect(desk.locator('h1 + .badge'), 'the desk follows').toHaveText('Active');
    await open(desk, '/staff');
    await expect(desk.getByText('Nothing waits for you')).toBeVisible();
    await gateway.stop();
  });
}

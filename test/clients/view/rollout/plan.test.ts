import { plain } from '../../../../clients/view/colours';
import { planText } from '../../../../clients/view/rollout/plan';
import { list, plan } from '../../support/rollout';

process.env.TZ = 'UTC';

test('a plan shows what changes, the waves, what limits them, and that nothing changed', () => {
  const text = planText({ plan, digest: 'c'.repeat(64), list, problems: [] }, 80, plain);
  expect(text).toBe(`\
unzip 6.0-28 → 6.0-28.1   debian12-x86_64 40   signed 9F3A…0C21
selected 45 = 40 to change + 3 already + 2 held
  already: db[1-3]
  held: db[8-9]
wave     hosts  at once  limited by  takes  soak    then
1            1        1  wave        1 min  10 min
2   10%      3        3  wave        1 min  10 min  approval
3  100%     36        5  caps        8 min  -
wave 1: web001
wave 2: web[002-004]
wave 3: web[005-040]
caps: lpar1 3 of 20, lpar2 3 of 20, 50 in all, 5 starts/s
budget: stops at failure 2 (wave 1: 1), then pauses.   In all about 30 min.
undo: in the store: 6.0-28 (debian12-x86_64, 40 hosts)
Nothing changed.   Next: tidegate rollout check p-cccccccc   (asks every host)
                         tidegate rollout start p-cccccccc`);
});

test('the plan says where the undo is rehearsed', () => {
  const rehearsed = { ...plan, rehearsedOn: ['ctl1', 'ctl2'] };
  expect(planText({ plan: rehearsed, digest: 'c'.repeat(64), list, problems: [] }, 200, plain)).toContain(
    '\nundo: in the store: 6.0-28 (debian12-x86_64, 40 hosts), rehearsed on ctl1 and ctl2 before the first host\n',
  );
});

test('hosts that could not be asked are folded by what is wrong with them', () => {
  const problems = ['web001', 'web002'].map((host) => ({
    host,
    code: 'TG_HOST_UNREACHABLE',
    detail: 'refused\nmore',
  }));
  const text = planText({ plan, digest: 'c'.repeat(64), list, problems }, 80, plain);
  expect(text).toContain(
    'TG_HOST_UNREACHABLE  2\n  web[001-002]\n  refused\n  → mend what stops it, then: tidegate hosts check web001\nNothing',
  );
});

test('in a pipe nothing is cut', () => {
  const problems = [{ host: 'web001', code: 'TG_DISK_FULL', detail: 'x'.repeat(200) }];
  const given = { plan, digest: 'c'.repeat(64), list, problems };
  expect(planText(given, 80, plain)).not.toContain('x'.repeat(200));
  expect(planText(given, Number.POSITIVE_INFINITY, plain)).toContain('x'.repeat(200));
});

test('a window is shown with when it opens, and whether all of it fits', () => {
  const within = (window: { from: string; to: string }) => {
    const whole = { days: 'mon-sat', zone: 'UTC', rollbackWaits: false, ...window };
    const planned = { ...plan, plan: { ...plan.plan, window: whole } };
    return planText({ plan: planned, digest: 'c'.repeat(64), list, problems: [] }, 200, plain);
  };
  // It is planned on a Saturday at 21:50, and takes about 30 minutes.
  expect(within({ from: '22:00', to: '04:00' })).toContain(
    'window: mon-sat 22:00-04:00 UTC, opens 2026-03-14 22:00:00, closes 2026-03-15 04:00:00, all of it fits\n',
  );
  expect(within({ from: '21:00', to: '22:10' })).toContain(
    'open now, closes 2026-03-14 22:10:00, what does not fit goes on as it opens again\n',
  );
});

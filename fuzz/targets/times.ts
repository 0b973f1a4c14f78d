import { durationMs, durationText } from '../../model/duration';
import { compareEvr, parseEvr } from '../../model/rpm-version';
import { nextBegins, nextOpening } from '../../model/window';
import { texts } from '../input';
import { mustHold, type Target } from '../target';

const nowMs = Date.UTC(2026, 2, 27, 10);
const durations = ['90s', '10m', '2h', '14d', '1h 30m', '0', '1.5h', '250ms'];
const windows = [
  'mon-fri\n22:00\n05:00\nEurope/Berlin',
  'sat,sun\n00:00\n24:00\nUTC',
  '*\n02:30\n03:00:30\nAmerica/New_York',
  '1-5,0\n23:59\n00:01\nAsia/Kathmandu',
];
const versions = ['1:6.0-28.1', '3.0.11-1~deb12u2', '2.12^git1-1.el9', '0-0', '1.0.0.0a'];

/** Small texts with rules of their own. */
export const times: readonly Target[] = [
  {
    name: 'duration',
    input: texts(durations),
    open: () => (input) => {
      const ms = durationMs(Buffer.from(input).toString());
      if (ms === undefined) return;
      mustHold(Number.isFinite(ms) && ms >= 0, `${ms} ms are a time`);
      mustHold(!Number.isNaN(new Date(nowMs + ms).getTime()), `a moment is ${ms} ms from now`);
      mustHold(!/NaN|Infinity|undefined/.test(durationText(ms)), `${durationText(ms)} is a time`);
    },
  },
  {
    name: 'window',
    input: texts(windows),
    open: () => (input) => {
      const [days = '*', from = '', to = '', zone = 'UTC'] = Buffer.from(input).toString().split('\n');
      const window = { days, from, to, zone, rollbackWaits: false };
      const { opensAt, closesAt } = nextOpening(window, nowMs);
      mustHold(opensAt < closesAt && closesAt > nowMs, 'it opens, and closes after now');
      const { firstAt, lastAt } = nextBegins(window, nowMs, 60_000);
      mustHold(firstAt <= lastAt && lastAt >= nowMs, 'there is time to begin in');
    },
  },
  {
    name: 'version',
    input: texts(versions),
    open: () => (input) => {
      // What a host says of a version is cut at 500 characters; an RPM's header has thousands at most.
      const [a = '', b = a] = Buffer.from(input).toString().slice(0, 8192).split('\n');
      const [left, right] = [parseEvr(a), parseEvr(b)];
      mustHold(compareEvr(left, left) === 0, 'a version is as new as itself');
      mustHold(compareEvr(left, right) === -compareEvr(right, left) + 0, 'one of two is newer');
    },
  },
];

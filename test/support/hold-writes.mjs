// Loaded into the executable with `--import`: numbers its calls that write to files, and holds the
// one whose number is in HOLD_AT, before it or in its middle, until somebody kills the process.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const REPORT_TO = 3;
const { writeSync, writeFileSync, appendFileSync } = fs;
const [number, arrives] = (process.env.HOLD_AT ?? '').split(',');
let count = 0;

/** Never comes back; `half` does what the half of the call does. */
function next(half) {
  count += 1;
  if (count !== Number(number)) return;
  if (arrives === 'half') half?.();
  writeSync(REPORT_TO, 'held\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

const halved = (data) => {
  const bytes = Buffer.from(data);
  return bytes.subarray(0, bytes.length / 2);
};
const writes = (flags) => /[wa+]/.test(String(flags ?? 'r'));

/** What of a call is to be counted, and what its half would be; null for one that does not write. */
const CALLS = {
  open: (_, flags) => (writes(flags) ? {} : null),
  write: (fd, data) => (fd > REPORT_TO ? { half: () => writeSync(fd, halved(data)) } : null),
  writeFile: (file, data) => ({ half: () => writeFileSync(file, halved(data)) }),
  appendFile: (file, data) => ({ half: () => appendFileSync(file, halved(data)) }),
  rename: () => ({}),
  unlink: () => ({}),
  rm: () => ({}),
  mkdir: () => ({}),
  chmod: () => ({}),
  chown: () => ({}),
  fsync: () => ({}),
};

for (const [name, judge] of Object.entries(CALLS)) {
  for (const [owner, key] of [
    [fs, name],
    [fs, `${name}Sync`],
    [fs.promises, name],
  ]) {
    const original = owner[key];
    if (original === undefined) continue;
    owner[key] = function (...args) {
      const call = judge(...args);
      if (call) next(call.half);
      return original.apply(this, args);
    };
  }
}
syncBuiltinESMExports();
process.on('exit', () => writeSync(REPORT_TO, `count ${count}\n`));

import { CHECKS, type Check } from '../../model/doctor/check.ts';
import { printable } from '../style.ts';
import { attributesText, xmlText } from '../xml.ts';

/** JUnit XML: a suite for each part of the way, a case for each check. */
export function doctorJunit(checks: readonly Check[]): string {
  const parts = [...new Set(CHECKS.map(({ part }) => part))];
  const suites = parts.flatMap((part) => {
    const ids = CHECKS.filter((one) => one.part === part).map(({ id }) => id);
    const own = checks.filter(({ id }) => (ids as readonly string[]).includes(id));
    return own.length === 0 ? [] : [suite(part, own)];
  });
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="flannel-bigip doctor">\n';
  return `${head}${suites.join('')}</testsuites>\n`;
}

function suite(name: string, checks: readonly Check[]): string {
  const count = (status: Check['status']) => checks.filter((one) => one.status === status).length;
  const attributes = attributesText({
    name,
    tests: checks.length,
    failures: count('fail'),
    errors: 0,
    skipped: count('skip'),
  });
  return `  <testsuite ${attributes}>\n${checks.map((one) => testCase(name, one)).join('')}  </testsuite>\n`;
}

/** A warning is told and passes. */
function testCase(suiteName: string, check: Check): string {
  const { id, status, subject, message } = check;
  const name = subject === null ? id : `${id} ${subject}`;
  const open = `    <testcase ${attributesText({ name, classname: `doctor.${suiteName}` })}`;
  if (status === 'pass') return `${open}/>\n`;
  const body = xmlText(printable(bodyOf(check)).replaceAll('\\n', '\n'));
  const told = attributesText({ message });
  const inner = {
    fail: `<failure ${attributesText({ type: id, message })}>${body}</failure>`,
    skip: `<skipped ${told}/>`,
    warn: `<system-out>warning: ${body}</system-out>`,
  }[status];
  return `${open}>\n      ${inner}\n    </testcase>\n`;
}

function bodyOf({ message, expected, found, fix = [], advice }: Check): string {
  return [
    message,
    ...(expected === undefined ? [] : [`expected: ${expected}`]),
    ...(found === undefined ? [] : [`found: ${found}`]),
    ...fix.map((command) => `fix: ${command}`),
    ...(advice === undefined ? [] : [advice]),
  ].join('\n');
}

import { parseArgs } from 'node:util';
import { FAULTS, type Fault } from './faults.ts';
import { type Flows, Lab } from './lab.ts';

/** A check as doctor prints it in JSON. */
interface ToldCheck {
  readonly id: string;
  readonly status: 'pass' | 'warn' | 'fail' | 'skip';
  readonly message: string;
  readonly fix: readonly string[];
}

/** What doctor answered. */
interface Answer {
  readonly code: number;
  readonly checks: readonly ToldCheck[];
  readonly stderr: string;
}

const HELP = `npm run lab -- [OPTIONS], as root: brings up a site in network namespaces and asks doctor
  --fault NAME     breaks one thing first; with --all several, parted by commas
  --cure           does then what doctor says, and asks again
  --shell COMMAND  runs a command on a node
  --all            every fault, one after another, a line of JSON each
  --list           tells the faults`;

const values = readOptions();

/** What was asked for; ends the process with 64 where there is no such thing. */
function readOptions() {
  try {
    return parseArgs({
      options: {
        fault: { type: 'string' },
        cure: { type: 'boolean' },
        all: { type: 'boolean' },
        list: { type: 'boolean' },
        help: { type: 'boolean' },
        shell: { type: 'string' },
        root: { type: 'string', default: process.cwd() },
      },
    }).values;
  } catch (error) {
    console.error(`${(error as Error).message.split('. ')[0]}; see npm run lab -- --help`);
    return process.exit(64);
  }
}

async function ask(lab: Lab): Promise<Answer> {
  const { code, stdout, stderr } = await lab.doctor('-o json');
  try {
    const { checks } = JSON.parse(stdout) as { checks: ToldCheck[] };
    return { code, checks, stderr };
  } catch {
    return { code, checks: [], stderr: `${stderr}${stdout}` };
  }
}

/** What is to be mended first, untidiness where nothing is broken. */
function first(checks: readonly ToldCheck[]): ToldCheck | undefined {
  return (
    checks.find(({ status }) => status === 'fail') ?? checks.find(({ status }) => status === 'warn')
  );
}

/** Breaks one thing, asks doctor, does what it says, asks again: a line of JSON. */
async function round(lab: Lab, fault: Fault | null): Promise<object> {
  await fault?.break(lab);
  const [flows, doctor] = [await lab.flows(), await ask(lab)];
  const cures = [];
  for (const command of fault ? (first(doctor.checks)?.fix ?? []) : []) {
    const { code, stderr } = await lab.cure(command);
    cures.push({ command, code, stderr });
  }
  if (fault === null) return { fault: null, flows, doctor, cures };
  const [flowsCured, doctorCured] = [await lab.flows(), await ask(lab)];
  return { fault: fault.name, flows, doctor, cures, flowsCured, doctorCured };
}

function named(name: string): Fault {
  const fault = FAULTS.find((one) => one.name === name);
  if (fault) return fault;
  console.error(`There is no fault ${name}. There are:\n${listText()}`);
  return process.exit(64);
}

function listText(): string {
  const width = Math.max(...FAULTS.map(({ name }) => name.length));
  return FAULTS.map(({ name, what }) => `  ${name.padEnd(width)}  ${what}`).join('\n');
}

function flowsText(flows: Flows): string {
  const lines = Object.entries(flows).map(([name, comes]) => {
    const words = name
      .replace(/[A-Z][a-z]/g, (two) => ` ${two.toLowerCase()}`)
      .replace('big ip', 'BIG-IP');
    return `  ${comes ? 'yes' : 'NO '}  ${words}`;
  });
  return ['Do packets come through?', ...lines].join('\n');
}

async function showAll(lab: Lab): Promise<void> {
  for (const fault of [null, ...FAULTS]) {
    if (fault && values.fault && !values.fault.split(',').includes(fault.name)) continue;
    console.log(JSON.stringify(await round(lab, fault)));
    if (fault) await lab.reset();
  }
}

async function show(lab: Lab, fault: Fault | null): Promise<number> {
  const [one, other] = lab.nodes;
  console.log(`The lab is up: nodes ${one.spec.publicIP} (${one.leaseKey}) and ${other.spec.publicIP} (${other.leaseKey}),
a BIG-IP at 10.1.10.245 (10.244.100.0-24), etcd at 10.1.10.150, all in network namespaces.`);
  if (fault) {
    await fault.break(lab);
    console.log(`\nBroken: ${fault.what}.`);
  }
  console.log(`\n${flowsText(await lab.flows())}`);
  const answer = await lab.doctor('');
  console.log(`\n$ flannel-bigip doctor --host\n\n${answer.stdout}${answer.stderr}`);
  if (values.shell !== undefined) {
    const { stdout, stderr, code } = await lab.on(lab.node, values.shell);
    console.log(`$ ${values.shell}\n${stdout}${stderr}(exit code ${code})`);
  }
  if (!values.cure) return answer.code;
  for (const command of first((await ask(lab)).checks)?.fix ?? []) {
    const { code, stdout, stderr } = await lab.cure(command);
    console.log(`$ ${command}\n${stdout}${stderr}(exit code ${code})\n`);
  }
  console.log(flowsText(await lab.flows()));
  const again = await lab.doctor('');
  console.log(`\n$ flannel-bigip doctor --host\n\n${again.stdout}${again.stderr}`);
  return again.code;
}

if (values.list || values.help) {
  console.log(values.help ? HELP : listText());
  process.exit(0);
}
const fault = values.fault && !values.all ? named(values.fault) : null;
const lab = await Lab.start(values.root);
let code = 0;
try {
  if (values.all) await showAll(lab);
  else code = await show(lab, fault);
} finally {
  await lab.stop();
}
process.exit(code);

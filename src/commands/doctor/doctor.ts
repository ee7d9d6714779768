import { isHealthy } from '../../model/doctor/check.ts';
import { EXIT, type ExitCode } from '../../model/problem.ts';
import { doctorText } from '../../output/doctor/text.ts';
import { styleOf } from '../../output/style.ts';
import { writeDocument, writeLine } from '../../output/write.ts';
import { type Diagnosed, diagnoseOnce } from '../../session/doctor/doctor.ts';
import { nextCommand, tellNext } from '../../session/next-command.ts';
import type { Args } from '../../session/options.ts';
import type { World } from '../../world.ts';

/** `doctor`: why does traffic not flow. Exit 2 when a check fails. */
export async function run(args: Args, world: World): Promise<ExitCode> {
  const found = await diagnoseOnce(args, world);
  await show(found, args, world);
  return isHealthy(found.shown) ? EXIT.done : EXIT.found;
}

/** What was asked for is asked again; of a bundle, what is live is asked then. */
const ASKED = ['scope', 'host', 'subnet-env', 'cis-version', 'only'];

async function show(found: Diagnosed, args: Args, world: World): Promise<void> {
  const { shown } = found;
  switch (args.text('output')) {
    case 'json': {
      const { doctorJson } = await import('../../output/doctor/json.ts');
      return writeDocument(world.stdout, 'json', doctorJson(shown));
    }
    case 'junit': {
      const { doctorJunit } = await import('../../output/doctor/junit.ts');
      world.stdout.write(doctorJunit(shown));
      return;
    }
    case 'html': {
      const { doctorHtml } = await import('../../output/doctor/html/page.ts');
      world.stdout.write(doctorHtml(found));
      return;
    }
    default: {
      writeLine(world.stdout, doctorText(shown, styleOf(world.stdout, world.env)));
      const isNode = found.readings.host.state === 'read';
      const onNode = isNode ? 'doctor ping' : 'doctor --host';
      if (isHealthy(shown)) tellNext(world, args, nextCommand(onNode, args), 'on a node');
      else tellNext(world, args, `mend what fails, then ${nextCommand('doctor', args, ASKED)}`);
    }
  }
}

import { readFileText } from '../../files/site-file.ts';
import { EXIT, Problem } from '../../model/problem.ts';
import { canAsk, type World } from '../../world.ts';
import { askPasswordOf, askText } from '../ask.ts';
import type { Args } from '../options.ts';

/** Who asks a BIG-IP; one for all units of a site. */
export interface DeviceLogin {
  readonly user: string;
  readonly password: string;
}

/**
 * User and password from the environment, a file or a prompt.
 *
 * @throws Problem: 64 when one is missing and nobody can be asked, 1 when the file cannot be read
 */
export async function deviceLogin(args: Args, world: World): Promise<DeviceLogin> {
  const user = world.env['BIGIP_USERNAME'] || (await askUser(world));
  const file = args.text('bigip-password-file');
  if (file !== undefined) return { user, password: passwordIn(file, world.cwd) };
  const password = world.env['BIGIP_PASSWORD'];
  return {
    user,
    password:
      password ||
      (await askPasswordOf(world, user, 'the BIG-IP', '--bigip-password-file or BIGIP_PASSWORD')),
  };
}

/** A world in which a login that was asked for once need not be asked for again. */
export function withLogin(world: World, { user, password }: DeviceLogin): World {
  return { ...world, env: { ...world.env, BIGIP_USERNAME: user, BIGIP_PASSWORD: password } };
}

function askUser(world: World): Promise<string> {
  if (!canAsk(world)) {
    throw new Problem("the BIG-IP's user is missing, and nobody can be asked here", {
      exit: EXIT.usage,
      fix: 'set BIGIP_USERNAME',
    });
  }
  const check = async (text: string) => (text === '' ? 'a name is wanted' : null);
  return askText(world, { message: "User of the BIG-IP's management:", check });
}

function passwordIn(file: string, cwd: string): string {
  try {
    return readFileText(file, cwd).replace(/\r?\n$/, '');
  } catch (cause) {
    if (!(cause instanceof Problem)) throw cause;
    throw new Problem(`the password file ${cause.message}`, { exit: EXIT.failed, cause });
  }
}

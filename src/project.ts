import packageJson from '../package.json' with { type: 'json' };

/** The command as users type it. */
export const PROGRAM = 'flannel-bigip';

/** Semantic version of this build. */
export const VERSION: string = packageJson.version;

/** Where the project lives: links in reports and written files begin with it. */
export const HOMEPAGE: string = packageJson.homepage;

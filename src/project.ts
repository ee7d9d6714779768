import packageJson from '../package.json' with { type: 'json' };

/** The command as users type it. */
export const PROGRAM = 'flannel-bigip';

/** Semantic version of this build. */
export const VERSION: string = packageJson.version;

/** Where the project lives: links in reports and written files begin with it. */
export const HOMEPAGE: string = packageJson.homepage;

/** The site file's JSON Schema as this version publishes it, for the first line of written files. */
export const SITE_SCHEMA_URL = `${HOMEPAGE.replace('https://github.com/', 'https://raw.githubusercontent.com/')}/v${VERSION}/schemas/site.schema.json`;

/** A version as Debian orders it, which takes 1.0.0-rc.1 for a later one than 1.0.0; the first package of it. */
export const debianVersion = (version) => `${version.replace('-', '~')}-1`;

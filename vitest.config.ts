import { defineConfig } from 'vitest/config';

/** What starts the program as users do; it is run against the standalone executable as well. */
const END_TO_END = [
  'test/bigip/*.test.ts',
  'test/e2e/*.test.ts',
  'test/etcd/executable.test.ts',
  'test/kubernetes/{annotate,watch}.test.ts',
  'test/linux/*.test.ts',
];

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores: servers of the end-to-end tests need one of them.
    maxWorkers: 2,
    allowOnly: false,
    projects: [
      { extends: true, test: { name: 'npm', include: ['test/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'executable',
          include: END_TO_END,
          // These start scripts, or the stand-in itself, or the executable anyway.
          exclude: [
            'test/bigip/stand-in.test.ts',
            'test/e2e/{ci-files,debian-package,scripts,standalone}.test.ts',
          ],
          env: { FLANNEL_BIGIP_EXECUTABLE: 'dist/flannel-bigip' },
        },
      },
    ],
  },
});

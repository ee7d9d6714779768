/** What the units of a node are made of. */
export interface UnitSettings {
  /** The command that starts this program, word by word. */
  readonly command: readonly string[];
  readonly stateFolder: string;
  readonly flanneldUnit: string;
  readonly kubeletUnit: string;
  readonly kubeconfig: string;
  /** flanneld's environment file, for what only it holds; null when there is none. */
  readonly environmentFile: string | null;
  /** Flags that lead to etcd. */
  readonly etcd: readonly string[];
  readonly pin: boolean;
  readonly annotate: boolean;
}

export interface Unit {
  readonly name: string;
  readonly text: string;
}

/** The first line of each unit that this program writes: no other is ever taken away. */
export const MARK = '# Written by flannel-bigip service; changes are lost at the next install.';

/** Every name that a unit of this program may have. */
export const UNIT_NAMES = [
  'flannel-bigip-pin-mac.service',
  'flannel-bigip-annotate.service',
  'flannel-bigip-annotate-again.service',
] as const;

/** Those that start with the host; the third is started by the second when it fails. */
export const ENABLED = UNIT_NAMES.slice(0, 2);

/** The units that keep a node's MAC and its annotations (systemd.unit(5), systemd.exec(5)). */
export function unitsOf(settings: UnitSettings): Unit[] {
  const [pin, annotate, again] = UNIT_NAMES;
  return [
    ...(settings.pin ? [{ name: pin, text: pinUnit(settings) }] : []),
    ...(settings.annotate
      ? [
          { name: annotate, text: annotateUnit(settings, again) },
          { name: again, text: againUnit(settings) },
        ]
      : []),
  ];
}

function pinUnit(settings: UnitSettings): string {
  const { flanneldUnit, stateFolder } = settings;
  return unit({
    Unit: [
      ['Description', "Keep the MAC of flannel's VXLAN device"],
      ['After', 'network.target'],
      ['Before', flanneldUnit],
    ],
    Service: [
      ['Type', 'oneshot'],
      ['RemainAfterExit', 'yes'],
      [
        'ExecStart',
        commandLine(settings, ['pin-mac', '--state-dir', stateFolder, '--wait', '30s']),
      ],
      ['TimeoutStartSec', '60'],
      ...restricted(settings),
      ['CapabilityBoundingSet', 'CAP_NET_ADMIN'],
    ],
    // Ordered, not required: a node without a pinned MAC is better than one without flanneld.
    Install: [['WantedBy', 'multi-user.target']],
  });
}

function annotateUnit(settings: UnitSettings, again: string): string {
  const { flanneldUnit, kubeletUnit } = settings;
  return unit({
    Unit: [
      ['Description', 'Annotate this Kubernetes Node before its pods start'],
      ['After', `network-online.target ${flanneldUnit}`],
      ['Wants', 'network-online.target'],
      ['Before', kubeletUnit],
      // etcd or the API server may be a pod of this very kubelet: it must not wait for long.
      ['OnFailure', again],
    ],
    Service: [
      ['Type', 'oneshot'],
      ['ExecStart', annotateLine(settings, '20s')],
      ['TimeoutStartSec', '45'],
      ...environment(settings),
      ...restricted(settings),
      ['CapabilityBoundingSet', ''],
    ],
    Install: [['WantedBy', 'multi-user.target']],
  });
}

function againUnit(settings: UnitSettings): string {
  return unit({
    Unit: [
      ['Description', 'Annotate this Kubernetes Node as soon as that is possible'],
      ['StartLimitIntervalSec', '0'],
    ],
    Service: [
      ['Type', 'exec'],
      ['ExecStart', annotateLine(settings, '60s')],
      ['Restart', 'on-failure'],
      ['RestartSec', '10'],
      ...environment(settings),
      ...restricted(settings),
      ['CapabilityBoundingSet', ''],
    ],
  });
}

function annotateLine(settings: UnitSettings, wait: string): string {
  const { kubeconfig, stateFolder, etcd } = settings;
  return commandLine(settings, [
    ...['annotate', '--self', '--yes', '--wait', wait, '--timeout', '5s'],
    ...['--kubeconfig', kubeconfig, '--backup-dir', `${stateFolder}/backups`],
    ...etcd,
  ]);
}

type Lines = readonly (readonly [name: string, value: string])[];

function environment({ environmentFile }: UnitSettings): Lines {
  return environmentFile === null ? [] : [['EnvironmentFile', `-${escaped(environmentFile)}`]];
}

/** What neither of the commands needs. V8 makes code at run time, so that stays allowed. */
function restricted({ stateFolder }: UnitSettings): Lines {
  const own = /^\/var\/lib\/([^/]+)$/.exec(stateFolder)?.[1];
  return [
    ...(own === undefined
      ? ([['ReadWritePaths', `-${escaped(stateFolder)}`]] as const)
      : ([['StateDirectory', escaped(own)]] as const)),
    ['NoNewPrivileges', 'yes'],
    ['ProtectSystem', 'strict'],
    ['ProtectHome', 'read-only'],
    ['PrivateTmp', 'yes'],
    ['PrivateDevices', 'yes'],
    ['ProtectKernelTunables', 'yes'],
    ['ProtectKernelModules', 'yes'],
    ['ProtectKernelLogs', 'yes'],
    ['ProtectControlGroups', 'yes'],
    ['ProtectClock', 'yes'],
    ['RestrictAddressFamilies', 'AF_UNIX AF_INET AF_INET6 AF_NETLINK'],
    ['RestrictNamespaces', 'yes'],
    ['RestrictRealtime', 'yes'],
    ['RestrictSUIDSGID', 'yes'],
    ['LockPersonality', 'yes'],
    ['SystemCallArchitectures', 'native'],
    ['UMask', '0077'],
  ];
}

function unit(sections: Readonly<Record<string, Lines>>): string {
  const texts = Object.entries(sections).map(([name, lines]) =>
    [`[${name}]`, ...lines.map(([key, value]) => `${key}=${value}`)].join('\n'),
  );
  return `${MARK}\n${texts.join('\n\n')}\n`;
}

function commandLine({ command }: UnitSettings, args: readonly string[]): string {
  return [...command, ...args].map(quoted).join(' ');
}

/** One word of an ExecStart line (systemd.service(5), "Command lines"). */
function quoted(word: string): string {
  const safe = escaped(word).replaceAll('$', '$$$$');
  return /^[\w@%+=:,./$-]+$/.test(safe) ? safe : `"${safe.replace(/["\\]/g, '\\$&')}"`;
}

/** `%` begins a specifier in every setting. */
function escaped(text: string): string {
  return text.replaceAll('%', '%%');
}

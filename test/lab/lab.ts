import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BigIpDevice, startBigIp } from '../support/bigip/device.ts';
import { type ApiServer, startApiServer } from '../support/kubernetes/api-server.ts';
import { nodeObject } from '../support/kubernetes/nodes.ts';
import { LabCis } from './cis.ts';
import { ETCD_URL, LabEtcd } from './etcd.ts';
import { LabNode } from './node.ts';
import { type Done, must, shell } from './shell.ts';
import { BIGIP, LabVtep } from './vtep.ts';

const SPECS = [
  { name: 'node-151', publicIP: '10.1.10.151', subnet: '10.244.10.0', mac: '5a:7d:2e:91:0c:44' },
  { name: 'node-152', publicIP: '10.1.10.152', subnet: '10.244.20.0', mac: '86:a8:e1:95:5e:cf' },
] as const;

export const CONFIG = {
  Network: '10.244.0.0/16',
  SubnetMin: '10.244.10.0',
  SubnetMax: '10.244.99.0',
  SubnetLen: 24,
  Backend: { Type: 'vxlan' },
};

export const BIGIP_KEY = 'subnets/10.244.100.0-24';

/** Which packets come through. */
export interface Flows {
  readonly podToBigIp: boolean;
  /** As large as the tunnel carries, not to be fragmented. */
  readonly podToBigIpFullSize: boolean;
  readonly bigIpToPod: boolean;
  readonly bigIpToOtherPod: boolean;
  readonly podToPod: boolean;
}

/**
 * A whole site in network namespaces: two nodes with a pod each, a BIG-IP's VTEP, a real etcd, and the
 * stand-ins of BIG-IP and Kubernetes. Runs in namespaces of its own (scripts/lab.mjs), with which
 * everything goes.
 */
export class Lab {
  readonly nodes: readonly [LabNode, LabNode];
  readonly #children: ChildProcess[] = [];

  private constructor(
    readonly root: string,
    readonly etcd: LabEtcd,
    readonly device: BigIpDevice,
    readonly cluster: ApiServer,
    readonly cis: LabCis,
    readonly vtep: LabVtep,
    readonly folder: string,
  ) {
    this.nodes = [new LabNode(SPECS[0], etcd, folder), new LabNode(SPECS[1], etcd, folder)];
  }

  /** @param root the folder of the project, built */
  static async start(root: string): Promise<Lab> {
    await must(
      null,
      `mkdir -p /run/netns; mount -t tmpfs tmpfs /run/netns
       ip link set lo up; ip link add lab0 type bridge; ip link set lab0 up; ip addr add 10.1.10.150/24 dev lab0`,
    );
    const folder = mkdtempSync(path.join(tmpdir(), 'flannel-bigip-lab-'));
    const etcd = new LabEtcd(folder);
    const device = await startBigIp();
    const cluster = await startApiServer(
      SPECS.map(({ name }) => nodeObject(Number(name.slice(5)))),
    );
    const pods = SPECS.map(({ name, subnet }) => ({ node: name, ip: subnet.replace(/0$/, '2') }));
    const cis = new LabCis(device, cluster, pods);
    const vtep = new LabVtep(
      device,
      Object.fromEntries(SPECS.map(({ subnet, mac }) => [subnet, mac])),
    );
    const lab = new Lab(root, etcd, device, cluster, cis, vtep, folder);
    lab.writeShims();
    await etcd.isReady();
    await vtep.boot();
    await lab.reset();
    return lab;
  }

  get node(): LabNode {
    return this.nodes[0];
  }

  /** The MAC of the BIG-IP's tunnel: another one each time the tunnel is made. */
  get mac(): string {
    return this.device.macOf('/Common/fl-tunnel') ?? '';
  }

  /** The value of the BIG-IP's lease. */
  bigipLease(parts: Readonly<Record<string, unknown>> = {}): string {
    const lease = { PublicIP: '10.1.10.245', BackendType: 'vxlan', ...parts };
    return JSON.stringify({ BackendData: { VtepMAC: this.mac }, ...lease });
  }

  /** Brings everything back to health, whatever was broken. */
  async reset(): Promise<void> {
    const { etcd, cis, vtep, nodes } = this;
    this.stopForwarding();
    this.setUpDevice();
    await etcd.clear();
    await etcd.put('config', JSON.stringify(CONFIG), 'for-ever');
    await etcd.put(BIGIP_KEY, this.bigipLease(), 'for-ever');
    for (const node of nodes) node.losesNextEvent = false;
    await Promise.all(nodes.map((node) => node.boot()));
    await Promise.all(nodes.map((node) => node.settle()));
    for (const { spec } of nodes) this.annotate(spec.name, spec.mac, spec.publicIP);
    cis.version = '2.16.1';
    cis.restart();
    await vtep.settle();
    this.writeSite();
    this.forward();
  }

  /** Annotations as they are to be; null takes them off. */
  annotate(name: string, mac: string | null, publicIP: string, data?: string): void {
    const { store } = this.cluster;
    const node = store.get(name);
    const flannel = 'flannel.alpha.coreos.com/';
    const annotations =
      mac === null
        ? {}
        : {
            [`${flannel}backend-data`]: data ?? JSON.stringify({ VtepMAC: mac }),
            [`${flannel}backend-type`]: 'vxlan',
            [`${flannel}kube-subnet-manager`]: 'true',
            [`${flannel}public-ip`]: publicIP,
          };
    store.update({ ...node, metadata: { ...node.metadata, annotations } });
  }

  private setUpDevice(): void {
    const { device } = this;
    const partition = 'Common';
    const drop = (collection: string, isOurs: (object: Record<string, unknown>) => boolean) => {
      for (const object of device.list(collection).filter(isOurs)) {
        device.drop(`${collection}/${String(object['fullPath']).replaceAll('/', '~')}`);
      }
    };
    drop('net/arp', () => true);
    drop('net/self', ({ vlan }) => vlan === '/Common/fl-tunnel');
    drop('net/tunnels/tunnel', ({ name }) => name === 'fl-tunnel');
    device.put('net/tunnels/vxlan', {
      name: 'fl-vxlan',
      partition,
      port: 8472,
      floodingType: 'none',
    });
    const tunnel = {
      name: 'fl-tunnel',
      partition,
      profile: '/Common/fl-vxlan',
      key: 1,
      localAddress: '10.1.10.245',
    };
    device.put('net/tunnels/tunnel', tunnel);
    device.put('net/self', {
      name: 'overlay',
      partition,
      address: '10.244.100.10/16',
      vlan: '/Common/fl-tunnel',
    });
  }

  /** Lets everything that follows something follow it. */
  async settle(): Promise<void> {
    for (const node of this.nodes) {
      const mark = path.join(this.folder, `restart-${node.spec.name}`);
      if (existsSync(mark)) {
        rmSync(mark);
        await node.start();
      }
    }
    await Promise.all(this.nodes.map((node) => node.settle()));
    const mark = path.join(this.folder, 'restart-cis');
    if (existsSync(mark)) {
      rmSync(mark);
      this.cis.restart();
    }
    this.cis.settle();
    await this.vtep.settle();
  }

  writeSite(cisVersion = '2.16.1'): void {
    const { url, ca } = this.device;
    writeFileSync(
      path.join(this.folder, 'flannel-bigip.yaml'),
      `apiVersion: flannel-bigip/v1
kind: Site
name: lab
etcd: { endpoints: ["${ETCD_URL}"] }
network:
  Network: 10.244.0.0/16
  SubnetMin: 10.244.10.0
  SubnetMax: 10.244.99.0
  SubnetLen: 24
  Backend: { Type: vxlan }
bigips:
  - name: bigip-1
    subnet: 10.244.100.0/24
    publicIP: 10.1.10.245
    vtepMAC: ${this.mac}
    selfIP: 10.244.100.10
    management: { url: "${url}", ca: "${ca}" }
kubernetes:
  kubeconfig: ${this.cluster.kubeconfig('admin')}
  cisVersion: ${cisVersion}
`,
    );
  }

  /** Runs a command line on a node, as somebody logged in there would. */
  on(node: LabNode, command: string): Promise<Done> {
    const env = {
      LAB: this.folder,
      LAB_NODE: node.spec.name,
      PATH: `${this.folder}/bin:${process.env['PATH']}`,
      BIGIP_USERNAME: this.device.user,
      BIGIP_PASSWORD: this.device.password,
      XDG_STATE_HOME: path.join(this.folder, 'state'),
      NO_COLOR: process.env['FORCE_COLOR'] ? '' : '1',
    };
    return shell(node.spec.name, command, env);
  }

  /**
   * Runs a command of a cure and lets its effects arrive. A comment behind it may name another node; this
   * program's own commands are answered with yes.
   */
  async cure(command: string): Promise<Done> {
    const at = /# on (\S+)/.exec(command)?.[1];
    const nodes = at === 'every' ? this.nodes : this.nodes.filter(({ spec }) => spec.name === at);
    let done: Done | undefined;
    for (const node of nodes.length > 0 ? nodes : [this.node]) done = await this.on(node, command);
    await this.settle();
    return done ?? { code: 1, stdout: '', stderr: 'no node' };
  }

  /** What the program is called with on the node that doctor runs on. */
  doctor(words: string): Promise<Done> {
    return this.on(
      this.node,
      `flannel-bigip doctor --host --subnet-env ${this.node.subnetEnv} ${words}`,
    );
  }

  async flows(): Promise<Flows> {
    const ping = async (from: string, to: string, more = '') =>
      (await shell(from, `ping -n -c 1 -W 1 ${more} ${to}`)).code === 0;
    const [one, other] = this.nodes;
    const self = '10.244.100.10';
    const mtu = await shell(one.spec.name, 'cat /sys/class/net/flannel.1/mtu');
    const data = (Number(mtu.stdout) || 1450) - 28;
    const [podToBigIp, podToBigIpFullSize, bigIpToPod, bigIpToOtherPod, podToPod] =
      await Promise.all([
        ping(one.pod, self),
        ping(one.pod, self, `-M do -s ${data}`),
        ping(BIGIP, one.podIP),
        ping(BIGIP, other.podIP),
        ping(one.pod, other.podIP),
      ]);
    return { podToBigIp, podToBigIpFullSize, bigIpToPod, bigIpToOtherPod, podToPod };
  }

  /** Programs that the cures name and that are not here. */
  private writeShims(): void {
    const bin = path.join(this.folder, 'bin');
    mkdirSync(bin);
    const shims = {
      // Commands that write ask; here nobody can be asked.
      'flannel-bigip': `case "$1 $2" in
  apply*|annotate*|remove*|"bigip apply"|"bigip import") set -- "$@" --yes ;;
esac
exec ${process.execPath} ${this.root}/bin/flannel-bigip.js "$@"`,
      systemctl: `[ "$*" = "restart flanneld" ] && touch "$LAB/restart-$LAB_NODE"; exit 0`,
      kubectl: `case "$*" in *"rollout restart"*) touch "$LAB/restart-cis" ;; esac; exit 0`,
    };
    for (const [name, text] of Object.entries(shims)) {
      writeFileSync(path.join(bin, name), `#!/bin/sh\n${text}\n`);
      chmodSync(path.join(bin, name), 0o755);
    }
  }

  readonly #sockets: net.Server[] = [];

  /** The management network: the stand-ins listen on loopback here, and are reached on the nodes' too. */
  private forward(): void {
    const config = new URL(this.cluster.url);
    for (const port of [Number(new URL(this.device.url).port), Number(config.port)]) {
      const socket = path.join(this.folder, `${port}.sock`);
      if (!existsSync(socket)) {
        const server = net.createServer((from) => pipe(from, net.connect(port, '127.0.0.1')));
        server.listen(socket);
        this.#sockets.push(server);
      }
      const script = `const net=require('net');net.createServer((a)=>{const b=net.connect(${JSON.stringify(socket)});a.pipe(b).pipe(a);a.on('error',()=>b.destroy());b.on('error',()=>a.destroy())}).listen(${port},'127.0.0.1',()=>console.log('ready'))`;
      for (const { spec } of this.nodes) {
        const child = spawn('ip', ['netns', 'exec', spec.name, process.execPath, '-e', script], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        this.#children.push(child);
      }
    }
  }

  private stopForwarding(): void {
    for (const child of this.#children.splice(0)) child.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.stopForwarding();
    for (const server of this.#sockets) server.close();
    this.etcd.stop();
    await Promise.all([this.device.stop(), this.cluster.stop()]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function pipe(a: net.Socket, b: net.Socket): void {
  a.pipe(b).pipe(a);
  a.on('error', () => b.destroy());
  b.on('error', () => a.destroy());
}

// etcd3 reads its .proto files at run time from its own folder, and makes of them, at every start, the
// functions that write and read messages. Here the build makes them, of what is called.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import protobuf from 'protobufjs';
// The parts of the library that write such functions; it compiles what they write when it is asked to.
import converter from 'protobufjs/src/converter.js';
import decoder from 'protobufjs/src/decoder.js';
import encoder from 'protobufjs/src/encoder.js';
import { root } from './root.mjs';

/** What src/etcd calls, and etcd3 for it. */
const CALLED = {
  KV: ['Range', 'Txn'],
  Lease: ['LeaseGrant', 'LeaseTimeToLive'],
  Auth: ['Authenticate'],
  Watch: ['Watch'],
};

/** An esbuild plugin. */
export const embedProtos = {
  name: 'embed-protos',
  setup({ onLoad, onResolve }) {
    const proto = path.join(root, 'node_modules/etcd3/proto/rpc.proto');
    const services = path.join(root, 'scripts/etcd-services.mjs');
    onLoad({ filter: /etcd3\/lib\/connection-pool\.js$/ }, ({ path: file }) => {
      const source = readFileSync(file, 'utf8');
      const call = /\(0, proto_loader_1\.loadSync\)\(`\$\{__dirname\}\/\.\.\/proto\/rpc\.proto`,/;
      if (!call.test(source)) throw new Error(`${file} loads its protos in another way now`);
      const contents = source
        .replace(call, 'proto_loader_1.packageDefinition(')
        .replace(
          '"@grpc/proto-loader"',
          JSON.stringify(path.relative(path.dirname(file), services)),
        );
      return { contents };
    });
    onResolve({ filter: /^etcd-messages$/ }, () => ({ path: 'all', namespace: 'etcd-messages' }));
    onLoad({ filter: /.*/, namespace: 'etcd-messages' }, () => ({
      contents: messagesOf(new protobuf.Root().loadSync(proto, { keepCase: true })),
      resolveDir: path.dirname(services),
    }));
  },
};

/** A module with the methods of the services, and each message that they need. */
function messagesOf(root) {
  const pair = root.lookupType('mvccpb.KeyValue');
  root.resolveAll();
  const types = [];
  const [sent, received] = [new Set(), new Set()];
  const collect = (type, way) => {
    if (way.has(type)) return;
    way.add(type);
    if (!types.includes(type)) types.push(type);
    if (type instanceof protobuf.Enum) return;
    for (const { resolvedType } of type.fieldsArray) if (resolvedType) collect(resolvedType, way);
  };
  const services = Object.entries(CALLED).map(([name, methods]) => {
    const service = root.lookupService(`etcdserverpb.${name}`);
    const called = methods.map((one) => {
      const { resolvedRequestType, resolvedResponseType, ...method } = service.methods[one];
      const [request, response] = [resolvedRequestType, resolvedResponseType];
      collect(request, sent);
      collect(response, received);
      const streams = `${method.requestStream === true}, ${method.responseStream === true}`;
      return `${one}: [${types.indexOf(request)}, ${types.indexOf(response)}, ${streams}]`;
    });
    return `'etcdserverpb.${name}': { ${called.join(', ')} }`;
  });
  const keyValue = types.indexOf(pair);
  // scripts/etcd-services.mjs has its own.
  received.delete(pair);
  const fieldNumbers = Object.fromEntries(pair.fieldsArray.map(({ name, id }) => [name, id]));
  return `
    import { Reader, Writer, util } from 'protobufjs/minimal.js';
    export { util };
    export const messages = [${types.map(() => '{}').join(', ')}];
    export const keyValue = messages[${keyValue}];
    export const keyValueFields = ${JSON.stringify(fieldNumbers)};
    export const services = { ${services.join(',\n')} };
    const among = (...indexes) => indexes.map((index) => messages[index]);
    ${types.map((type, index) => `Object.assign(messages[${index}], ${sourceOf(type, types, sent, received)});`).join('\n')}
  `;
}

/** What a client needs of a message: it writes those that it sends, and reads those that it receives. */
function sourceOf(type, all, sent, received) {
  if (type instanceof protobuf.Enum) {
    return JSON.stringify({ values: { ...type.valuesById, ...type.values } });
  }
  const indexes = type.fieldsArray.map(({ resolvedType }) => all.indexOf(resolvedType));
  return `((types) => ({
    ctor: ${protobuf.Type.generateConstructor(type)},
    ${sent.has(type) ? `encode: ${encoder(type)}, fromObject: ${converter.fromObject(type)},` : ''}
    ${received.has(type) ? `decode: ${decoder(type)}, toObject: ${converter.toObject(type)},` : ''}
  }))(among(${indexes.join(', ')}))`;
}

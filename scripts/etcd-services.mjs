// Stands in for @grpc/proto-loader in the bundle. etcd3 hands its .proto file to the loader, which
// also builds file descriptors that nobody reads and a schema for them: half of the time that the
// v3 adapter takes to load. This makes the same service definitions, and nothing else, from the
// definitions that the build has embedded.
import protobuf from 'protobufjs/light.js';

/**
 * etcd3 wants 64-bit numbers as strings, four for each key. The library's own conversion divides
 * digit by digit, which for thousands of keys takes longer than anything else in reading them.
 */
protobuf.util.Long.prototype.toString = function toDecimal() {
  if (this.high === 0) return String(this.low >>> 0);
  const high = BigInt(this.unsigned ? this.high >>> 0 : this.high);
  return String((high << 32n) | BigInt(this.low >>> 0));
};

/** The generic conversion asks for every field whether it is set and how it is wanted. */
protobuf.wrappers['.mvccpb.KeyValue'] = {
  toObject: ({ key, value, create_revision, mod_revision, version, lease }) => ({
    key,
    value,
    create_revision: create_revision.toString(),
    mod_revision: mod_revision.toString(),
    version: version.toString(),
    lease: lease.toString(),
  }),
  fromObject(object) {
    return this.fromObject(object);
  },
};

const EMPTY = Buffer.alloc(0);
const { newBuffer } = protobuf.util;

/** Each bytes field is filled with an empty buffer before its value is set: one will do for all. */
protobuf.util.newBuffer = (content) =>
  Array.isArray(content) && content.length === 0 ? EMPTY : newBuffer(content);

/**
 * A package definition for grpc-js.
 *
 * @param definitions what protobufjs' `Root.toJSON` gave of the .proto file
 * @param options conversion of messages, as etcd3 asks for it (longs and enums as strings ...)
 */
export function fromJSON(definitions, options) {
  const root = protobuf.Root.fromJSON(definitions);
  const services = {};
  for (const [packageName, { nested }] of Object.entries(definitions.nested)) {
    for (const [name, { methods }] of Object.entries(nested ?? {})) {
      if (methods === undefined) continue;
      const path = `${packageName}.${name}`;
      services[path] = Object.fromEntries(
        Object.entries(methods).map(([method, definition]) => [
          method,
          methodDefinition(root, packageName, path, method, definition, options),
        ]),
      );
    }
  }
  return services;
}

function methodDefinition(root, packageName, service, name, definition, options) {
  const typeOf = (type) => root.lookupType(`${packageName}.${type}`);
  // Looked up at the first message: of some 150 types a command uses four.
  const encode = (type) => (message) =>
    Buffer.from(typeOf(type).encode(typeOf(type).fromObject(message)).finish());
  const decode = (type) => (bytes) => typeOf(type).toObject(typeOf(type).decode(bytes), options);
  return {
    path: `/${service}/${name}`,
    originalName: name.charAt(0).toLowerCase() + name.slice(1),
    requestStream: definition.requestStream === true,
    responseStream: definition.responseStream === true,
    requestSerialize: encode(definition.requestType),
    requestDeserialize: decode(definition.requestType),
    responseSerialize: encode(definition.responseType),
    responseDeserialize: decode(definition.responseType),
  };
}

// Stands in for @grpc/proto-loader in the bundle. etcd3 hands its .proto file to the loader, which
// also builds file descriptors that nobody reads and a schema for them: half of the time that the
// v3 adapter takes to load. This makes the same service definitions, and nothing else, from the
// definitions that the build has embedded.
import protobuf from 'protobufjs/light.js';

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

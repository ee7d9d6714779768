// Stands in for @grpc/proto-loader in the bundle, and for the part of protobufjs that makes messages'
// functions: the build has made them (scripts/embed-protos.mjs).
import { keyValue, keyValueFields, messages, services, util } from 'etcd-messages';

const { key: KEY, value: VALUE, mod_revision: MOD_REVISION, lease: LEASE } = keyValueFields;

/**
 * etcd3 wants 64-bit numbers as strings, two for each key. The library's own conversion divides
 * digit by digit, which for thousands of keys takes longer than anything else in reading them.
 */
util.Long.prototype.toString = function toDecimal() {
  if (this.high === 0) return String(this.low >>> 0);
  const high = BigInt(this.unsigned ? this.high >>> 0 : this.high);
  return String((high << 32n) | BigInt(this.low >>> 0));
};

/**
 * Reads a key in one step, texts as texts: the generic way makes two objects, two numbers and two buffers of
 * each first, and of thousands of keys nothing takes longer. Two of its numbers nobody here asks for.
 */
keyValue.decode = (reader, length) => {
  const end = reader.pos + length;
  const found = { key: '', value: '', mod_revision: '0', lease: '0' };
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = tag >>> 3;
    if (field === KEY) found.key = reader.string();
    else if (field === VALUE) found.value = reader.string();
    else if (field === MOD_REVISION) found.mod_revision = reader.int64().toString();
    else if (field === LEASE) found.lease = reader.int64().toString();
    else reader.skipType(tag & 7);
  }
  return found;
};
keyValue.toObject = (found) => found;

/**
 * A package definition for grpc-js.
 *
 * @param options conversion of messages, as etcd3 asks for it (longs and enums as strings ...)
 */
export function packageDefinition(options) {
  return Object.fromEntries(
    Object.entries(services).map(([service, methods]) => [
      service,
      Object.fromEntries(
        Object.entries(methods).map(([name, method]) => [
          name,
          methodDefinition(service, name, method, options),
        ]),
      ),
    ]),
  );
}

function methodDefinition(service, name, method, options) {
  const [request, response, requestStream, responseStream] = method;
  const encode = (type) => (message) => Buffer.from(type.encode(type.fromObject(message)).finish());
  const decode = (type) => (bytes) => type.toObject(type.decode(bytes), options);
  return {
    path: `/${service}/${name}`,
    originalName: name.charAt(0).toLowerCase() + name.slice(1),
    requestStream,
    responseStream,
    requestSerialize: encode(messages[request]),
    responseDeserialize: decode(messages[response]),
  };
}

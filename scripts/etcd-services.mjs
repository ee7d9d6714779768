// Stands in for @grpc/proto-loader in the bundle, and for the part of protobufjs that makes messages'
// functions: the build has made them (scripts/embed-protos.mjs).
import { keyValue, messages, services, util } from 'etcd-messages';

/**
 * etcd3 wants 64-bit numbers as strings, two for each key. The library's own conversion divides
 * digit by digit, which for thousands of keys takes longer than anything else in reading them.
 */
util.Long.prototype.toString = function toDecimal() {
  if (this.high === 0) return String(this.low >>> 0);
  const high = BigInt(this.unsigned ? this.high >>> 0 : this.high);
  return String((high << 32n) | BigInt(this.low >>> 0));
};

/** The generic conversion asks for every field whether it is set and how it is wanted. */
keyValue.toObject = ({ key, value, mod_revision, lease }) => ({
  key,
  value,
  mod_revision: mod_revision.toString(),
  lease: lease.toString(),
});

const NONE = new util.Long(0, 0, false);
const EMPTY = Buffer.alloc(0);
/** What is not set is not sent. */
Object.assign(keyValue.ctor.prototype, {
  key: EMPTY,
  value: EMPTY,
  mod_revision: NONE,
  lease: NONE,
});

const { newBuffer } = util;

/** Each bytes field is filled with an empty buffer before its value is set: one will do for all. */
util.newBuffer = (content) =>
  Array.isArray(content) && content.length === 0 ? EMPTY : newBuffer(content);

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
    requestDeserialize: decode(messages[request]),
    responseSerialize: encode(messages[response]),
    responseDeserialize: decode(messages[response]),
  };
}

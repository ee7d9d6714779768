import type { ServerResponse } from 'node:http';

/** What a client asks before it asks for Nodes. */
const DOCUMENTS: Readonly<Record<string, object>> = {
  '/version': { major: '1', minor: '20', gitVersion: 'v1.20.2' },
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [
      {
        name: 'nodes',
        singularName: '',
        namespaced: false,
        kind: 'Node',
        verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
        shortNames: ['no'],
      },
    ],
  },
};

/** Answers a request about the API itself; false when it is about something else. */
export function answerDiscovery(response: ServerResponse, pathname: string): boolean {
  if (pathname === '/openapi/v2') {
    // kubectl reads schemas as protobuf, where no bytes are a document that describes nothing: it then
    // leaves it to the server to judge an object.
    const type = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
    response.writeHead(200, { 'content-type': type }).end();
    return true;
  }
  const document = DOCUMENTS[pathname];
  if (document === undefined) return false;
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  return true;
}

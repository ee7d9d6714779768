import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  annotationsOf,
  BACKEND_DATA,
  differences,
  macByJson,
  macByQuotes,
} from '../../src/model/annotations.ts';

const MAC = '86:a8:e1:95:5e:cf';
const RIGHT = annotationsOf('10.1.10.151', MAC);

describe('the annotations of a Node', () => {
  it('are the four that flannel writes, with VtepMAC as the only key', () => {
    expect(RIGHT).toEqual({
      'flannel.alpha.coreos.com/backend-data': '{"VtepMAC":"86:a8:e1:95:5e:cf"}',
      'flannel.alpha.coreos.com/backend-type': 'vxlan',
      'flannel.alpha.coreos.com/kube-subnet-manager': 'true',
      'flannel.alpha.coreos.com/public-ip': '10.1.10.151',
    });
  });

  it.each([
    ['what is written', `{"VtepMAC":"${MAC}"}`, MAC, MAC],
    ["flannel's own, VNI first", `{"VNI":1,"VtepMAC":"${MAC}"}`, MAC, 'VtepMAC'],
    ['VNI behind', `{"VtepMAC":"${MAC}","VNI":1}`, MAC, MAC],
    ['a VNI in quotes', `{"VNI":"1","VtepMAC":"${MAC}"}`, MAC, '1'],
    ['another case of the key', `{"vtepMAC":"${MAC}"}`, null, MAC],
    ['the key twice', `{"VtepMAC":"x","VtepMAC":"${MAC}"}`, MAC, 'x'],
    ['an empty MAC', '{"VtepMAC":""}', '', ''],
    ['null', '{"VtepMAC":null}', null, null],
    ['a number', '{"VtepMAC":5}', null, null],
    ['single quotes', `{'VtepMAC':'${MAC}'}`, null, null],
    ['the bare MAC', MAC, null, null],
    ['nothing', '', null, null],
    ['a list', '[]', null, null],
    ['an inherited name', '{"__proto__":{"VtepMAC":"x"}}', null, 'VtepMAC'],
  ])('as CIS reads %s', (_, text, byJson, byQuotes) => {
    expect([macByJson(text), macByQuotes(text)]).toEqual([byJson, byQuotes]);
  });

  it.each([
    ['equal', {}, []],
    ['with a VNI behind the MAC', { [BACKEND_DATA]: `{"VtepMAC":"${MAC}","VNI":1}` }, []],
    ['with blanks', { [BACKEND_DATA]: `{ "VtepMAC" : "${MAC}" }` }, []],
    ['with the VNI first', { [BACKEND_DATA]: `{"VNI":1,"VtepMAC":"${MAC}"}` }, [BACKEND_DATA]],
    ['in upper case', { [BACKEND_DATA]: `{"VtepMAC":"${MAC.toUpperCase()}"}` }, [BACKEND_DATA]],
    [
      'with dashes',
      { [BACKEND_DATA]: `{"VtepMAC":"${MAC.replaceAll(':', '-')}"}` },
      [BACKEND_DATA],
    ],
    ['of another MAC', { [BACKEND_DATA]: '{"VtepMAC":"86:a8:e1:95:5e:ce"}' }, [BACKEND_DATA]],
  ])('that are %s are written only where a CIS misreads them', (_, changed, wanted) => {
    const found = differences({ ...RIGHT, ...changed }, '10.1.10.151', MAC);
    expect(found.map(({ annotation }) => annotation)).toEqual(wanted);
  });

  it('are left alone exactly when both of the ways in which CIS reads agree', () => {
    const text = fc.oneof(
      fc.json(),
      fc
        .constantFrom('VNI', 'VtepMAC', 'vtepMAC')
        .chain((key) =>
          fc.constantFrom(MAC, '1', '').map((value) => `{"${key}":"${value}","VtepMAC":"${MAC}"}`),
        ),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (backendData) => {
        const now = { ...RIGHT, [BACKEND_DATA]: backendData };
        const isLeft = differences(now, '10.1.10.151', MAC).length === 0;
        expect(isLeft).toBe(macByJson(backendData) === MAC && macByQuotes(backendData) === MAC);
      }),
    );
  });

  it('that are not there are all written, and others are none of ours', () => {
    expect(differences({ 'example.org/mine': 'x' }, '10.1.10.151', MAC)).toEqual(
      Object.entries(RIGHT).map(([annotation, after]) => ({ annotation, before: null, after })),
    );
  });
});

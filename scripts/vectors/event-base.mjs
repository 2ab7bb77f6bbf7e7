import {
  compactJws,
  contentOf,
  createdRoom,
  eventIdOf,
  hashText,
  nonceOf,
  providerKeys,
  roomIdOf,
  vectorTimes,
} from '../lib/signed-objects.mjs';

export const keys = providerKeys('a.example');
export const { room, jws: createJws, payload: createPayload, id: createId } = createdRoom();
export const hash = hashText('some record');
export const target = (n) => `e${hashText(`target ${n}`)}`;
export const relations = (kind, count) => Array.from({ length: count }, (_, n) => [kind, target(n)]);

export const message = {
  room,
  type: 'message',
  sender: 'alice@a.example',
  ...vectorTimes,
  nonce: nonceOf('message'),
  seen: [0, 3, hash],
  ...contentOf({ text: 'سلام! How are you?' }).named,
  scheme: 'plain',
};
export const info = {
  ...message,
  type: 'room.info',
  key: '',
  prior: target(0),
  ...contentOf({ title: 'Friends' }).named,
};

export const sign = (payload, key = keys.event) => compactJws('payvand-event', payload, key);

export function members(requirement, accepted, refused) {
  const vector =
    (ok) =>
    ([name, payload]) =>
      parsed(name, requirement, { jws: sign(payload), ok });
  return [...Object.entries(accepted).map(vector(true)), ...Object.entries(refused).map(vector(false))];
}

export function parsed(name, requirement, { jws, ok = false }) {
  const refused = { ok: false, code: 'bad-event' };
  return {
    name,
    requirements: [requirement, 'PV-EVT-023'],
    input: { operation: 'parse', jws },
    expect: ok ? { ok, ...namesOf(jws) } : refused,
  };
}

function namesOf(jws) {
  const payload = JSON.parse(Buffer.from(jws.split('.')[1], 'base64url').toString());
  return {
    id: eventIdOf(jws),
    room: payload.room ?? roomIdOf(jws),
    jwsHash: hashText(jws),
    kid: keys.event.kid,
  };
}

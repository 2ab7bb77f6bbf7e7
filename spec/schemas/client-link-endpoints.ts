import { Type } from 'typebox';
import { ofRoom, ruleCodes } from './client-endpoint.js';
import type { ClientEndpoint } from './client-endpoint.js';
import * as links from './client-link-parts.js';
import * as parts from './client-parts.js';

const ofLink = Type.Object({ link: links.LinkText });

const ofAlias = Type.Object({ name: parts.Localpart });

export const linkEndpoints = {
  makeLink: {
    method: 'POST',
    path: '/rooms/{room}/links',
    summary: 'Makes a link that lets in whoever holds it.',
    params: ofRoom,
    body: links.LinkRequest,
    answers: { 200: links.Link },
    codes: ['unknown-room', 'no-right', 'until-passed', 'list-full', 'quarantined'],
  },
  listLinks: {
    method: 'GET',
    path: '/rooms/{room}/links',
    summary: 'Lists the links the person made in a room.',
    params: ofRoom,
    answers: { 200: links.LinkList },
    codes: ['unknown-room', 'quarantined'],
  },
  revokeLink: {
    method: 'DELETE',
    path: '/rooms/{room}/links/{by}/{key}',
    summary: 'Revokes a link, named by its issuer and public key.',
    params: Type.Object({ room: parts.RoomId, by: parts.Address, key: links.LinkKey }),
    answers: { 200: parts.Ordered, 202: parts.Pending },
    codes: ['unknown-room', ...ruleCodes],
  },
  previewLink: {
    method: 'POST',
    path: '/links/preview',
    summary: 'Tells what a link is for; nothing is done with it.',
    body: ofLink,
    answers: { 200: links.LinkPreview },
    codes: ['bad-link', 'hub-unreachable'],
  },
  joinByLink: {
    method: 'POST',
    path: '/links/join',
    summary: 'Joins the room a link is for, or asks for it where the link wants that.',
    body: links.LinkJoin,
    answers: { 200: links.LinkJoined },
    codes: ['bad-link', 'used-up', 'list-full', ...ruleCodes],
  },
  knockAtRoom: {
    method: 'POST',
    path: '/knocks',
    summary: 'Asks to be let into a room; nothing tells whether there is such a room or whether it lets people knock.',
    body: links.Knock,
    answers: { 200: links.LinkJoined },
    codes: ['not-found', 'list-full', 'hub-unreachable', 'over-budget'],
  },
  giveAlias: {
    method: 'PUT',
    path: '/aliases/{name}',
    summary: 'Gives a group a name in the directory, and the name to the group.',
    params: ofAlias,
    body: links.AliasGiven,
    answers: { 200: parts.Ordered, 202: parts.Pending },
    codes: ['unknown-room', 'taken', 'list-full', ...ruleCodes],
  },
  listAliases: {
    method: 'GET',
    path: '/aliases',
    summary: 'Lists the names the person gave to groups.',
    answers: { 200: links.AliasList },
  },
  removeAlias: {
    method: 'DELETE',
    path: '/aliases/{name}',
    summary: 'Takes a name back.',
    params: ofAlias,
    answers: { 204: null },
    codes: ['not-found'],
  },
  previewAlias: {
    method: 'POST',
    path: '/aliases/preview',
    summary: 'Shows the room behind a name, of whatever provider.',
    body: links.AliasName,
    answers: { 200: links.RoomPreview },
    codes: ['not-found', 'hub-unreachable'],
  },
} as const satisfies Record<string, ClientEndpoint>;

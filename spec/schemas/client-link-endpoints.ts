import { Type } from 'typebox';
import { ofRoom, ruleCodes } from './client-endpoint.js';
import type { ClientEndpoint } from './client-endpoint.js';
import * as links from './client-link-parts.js';
import * as parts from './client-parts.js';

const ofLink = Type.Object({ link: links.LinkText });

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
} as const satisfies Record<string, ClientEndpoint>;

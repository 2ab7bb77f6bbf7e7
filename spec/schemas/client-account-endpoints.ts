import { Type } from 'typebox';
import { ofAddress, pageAfter, ruleCodes } from './client-endpoint.js';
import type { ClientEndpoint } from './client-endpoint.js';
import * as own from './client-own-parts.js';
import * as parts from './client-parts.js';

const ofRequest = Type.Object({ id: parts.RequestId });

export const accountEndpoints = {
  signUp: {
    method: 'POST',
    path: '/accounts',
    summary: 'Makes an account and its first session.',
    open: true,
    body: parts.SignUpRequest,
    answers: { 201: parts.LoggedIn },
    codes: ['sign-up-closed', 'bad-code', 'taken', 'too-many-attempts'],
  },
  logIn: {
    method: 'POST',
    path: '/sessions',
    summary: 'Starts a session.',
    open: true,
    body: parts.LogInRequest,
    answers: { 201: parts.LoggedIn },
    codes: ['wrong-credentials', 'too-many-attempts'],
  },
  listSessions: {
    method: 'GET',
    path: '/sessions',
    summary: 'Lists the sessions of the account.',
    answers: { 200: parts.SessionList },
  },
  endSession: {
    method: 'DELETE',
    path: '/sessions/{id}',
    summary: 'Ends a session of the account; `current` is the one that asks.',
    params: Type.Object({ id: parts.SessionId }),
    answers: { 204: null },
    codes: ['not-found'],
  },
  changePassword: {
    method: 'POST',
    path: '/password',
    summary: 'Changes the password and ends all other sessions.',
    body: parts.PasswordChange,
    answers: { 204: null },
    codes: ['wrong-credentials', 'too-many-attempts'],
  },
  readMe: { method: 'GET', path: '/me', summary: 'Tells who the session belongs to.', answers: { 200: parts.Me } },
  changeMe: {
    method: 'PATCH',
    path: '/me',
    summary: 'Changes what the person says of themselves, who may see it, and whether others get read receipts.',
    body: parts.MeChange,
    answers: { 200: parts.Me },
  },
  createCode: {
    method: 'POST',
    path: '/codes',
    summary: 'Makes a code that one person can sign up with; for the owner of the server.',
    answers: { 201: parts.SignUpCode },
    codes: ['owner-only', 'sign-up-closed'],
  },
  readProfile: {
    method: 'GET',
    path: '/profiles/{address}',
    summary: 'Reads what a person says of themselves, as far as the one who asks may see it.',
    params: ofAddress,
    answers: { 200: parts.Profile },
    codes: ['not-found', 'hub-unreachable'],
  },
} as const satisfies Record<string, ClientEndpoint>;

export const peopleEndpoints = {
  report: {
    method: 'POST',
    path: '/reports',
    summary: 'Reports an event or a request to its hub, to its sender’s provider and to this one; once, however often.',
    body: parts.ReportRequest,
    answers: { 200: parts.Report },
    codes: ['not-found', 'unknown-room', 'list-full'],
  },
  listReports: {
    method: 'GET',
    path: '/reports',
    summary: 'Lists what the account reported, and what became of it.',
    query: pageAfter(parts.ReportId),
    answers: { 200: parts.ReportList },
  },
  listWards: {
    method: 'GET',
    path: '/wards',
    summary: 'Lists the people whose guardian the account is.',
    query: pageAfter(parts.Address),
    answers: { 200: parts.WardList },
  },
  limitWard: {
    method: 'PUT',
    path: '/wards/{address}',
    summary: 'Limits the account of a ward, so that strangers cannot reach it, or lifts the limit.',
    params: ofAddress,
    body: parts.WardChange,
    answers: { 200: parts.Ward },
    codes: ['not-found'],
  },
  requestContact: {
    method: 'POST',
    path: '/contacts',
    summary: 'Asks a person for contact; the answer is the same whether or not the account exists.',
    body: parts.ContactRequest,
    answers: { 200: parts.ContactSent },
    codes: ['key-reused'],
  },
  watchPresence: {
    method: 'PUT',
    path: '/presence',
    summary:
      'Asks for an hour whether these contacts are there; the stream tells it. Takes the place of what was asked before.',
    body: own.PresenceWatch,
    answers: { 204: null },
  },
  listRequests: {
    method: 'GET',
    path: '/requests',
    summary: 'Lists contact requests, invitations and knocks that wait for an answer.',
    query: pageAfter(parts.RequestId),
    answers: { 200: parts.RequestList },
  },
  acceptRequest: {
    method: 'POST',
    path: '/requests/{id}/accept',
    summary: 'Accepts: joins the room, or invites whoever knocked.',
    params: ofRequest,
    answers: { 200: parts.RequestAnswer },
    codes: ['not-found', ...ruleCodes],
  },
  ignoreRequest: {
    method: 'POST',
    path: '/requests/{id}/ignore',
    summary: 'Puts a request away; its sender learns nothing.',
    params: ofRequest,
    answers: { 200: parts.RequestAnswer },
    codes: ['not-found'],
  },
  blockRequest: {
    method: 'POST',
    path: '/requests/{id}/block',
    summary: 'Puts a request away and blocks its sender.',
    params: ofRequest,
    answers: { 200: parts.RequestAnswer },
    codes: ['not-found'],
  },
  listBlocks: {
    method: 'GET',
    path: '/blocks',
    summary: 'Lists whom the account blocks.',
    query: pageAfter(parts.Address),
    answers: { 200: parts.BlockList },
  },
  blockAddress: {
    method: 'PUT',
    path: '/blocks/{address}',
    summary: 'Blocks a person.',
    params: ofAddress,
    answers: { 204: null },
    codes: ['list-full'],
  },
  unblockAddress: {
    method: 'DELETE',
    path: '/blocks/{address}',
    summary: 'Lifts a block.',
    params: ofAddress,
    answers: { 204: null },
  },
} as const satisfies Record<string, ClientEndpoint>;

import type { ProfileReader } from '../../services/accounts/profiles.js';
import { addressOf, type ClientHandlers } from './client-call.js';

/** What people are called, here and elsewhere. */
export function profileEndpoints(profiles: ProfileReader): Pick<ClientHandlers, 'readProfile'> {
  return {
    readProfile: async ({ session, params }) => ({
      status: 200,
      body: await profiles.readProfile(session.who, addressOf(params.address)),
    }),
  };
}

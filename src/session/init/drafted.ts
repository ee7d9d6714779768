import type { RefusedReservation } from '../../model/live-draft.ts';
import type { SiteDraft } from '../../model/site-draft.ts';
import type { SiteNotes } from '../../model/site-text.ts';

/** A draft with what the file is to say beside its values. */
export interface Drafted {
  readonly draft: SiteDraft;
  readonly notes: Omit<SiteNotes, 'bigips'>;
  /** Reservations that the file cannot declare. */
  readonly refused: readonly RefusedReservation[];
}

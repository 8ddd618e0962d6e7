/** The sentence for a request without them. */
export const required = 'glue_user_id and event are required';

/**
 * What is stored for a track request, or null when a required field is missing. As in the guide, nothing more is validated.
 * `context` is left out: the guide's SQL tables have no column for it, so each peer here writes less than the guide's MongoDB code.
 */
export function readEvent({ glue_user_id, session_id, email, event, properties, timestamp }) {
  if (!glue_user_id || !event) {
    return null;
  }
  return {
    event_id: `evt_${Date.now()}_${Math.random().toString(36).slice(2, 11)}`,
    glue_user_id,
    session_id: session_id ?? null,
    event,
    timestamp: new Date(timestamp || Date.now()).toISOString(),
    properties: JSON.stringify(properties || {}),
    email: email ?? null,
    now: new Date().toISOString(),
  };
}

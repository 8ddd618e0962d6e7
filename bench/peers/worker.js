import { readEvent, required } from './track-event.mjs';

export default {
  async fetch(request, env) {
    if (request.method !== 'POST') {
      return new Response('Method not allowed', { status: 405 });
    }
    if (new URL(request.url).pathname !== '/glue/track') {
      return new Response('Not found', { status: 404 });
    }

    try {
      const event = readEvent(await request.json());
      if (!event) {
        return Response.json({ success: false, error: required }, { status: 400 });
      }
      // D1 runs a batch as one transaction.
      await env.DB.batch([
        env.DB.prepare(
          'INSERT INTO events (event_id, glue_user_id, session_id, event, timestamp, properties, email) VALUES (?, ?, ?, ?, ?, ?, ?)'
        ).bind(event.event_id, event.glue_user_id, event.session_id, event.event, event.timestamp, event.properties, event.email),
        env.DB.prepare(
          'UPDATE users SET last_seen = ?, total_events = total_events + 1 WHERE glue_user_id = ?'
        ).bind(event.now, event.glue_user_id),
      ]);
      return Response.json({ success: true, event_id: event.event_id });
    } catch (error) {
      console.error('Track error:', error);
      return Response.json({ success: false, error: error.message }, { status: 500 });
    }
  },
};

import express from 'express';
import { port } from './environment.mjs';
import { readEvent, required } from './track-event.mjs';

/** Serves POST /glue/track: `store` makes an event durable before it returns (or its promise resolves), `close` ends the store. */
export function serve({ store, close }) {
  const app = express();
  app.use(express.json());

  app.post('/glue/track', async (request, response) => {
    try {
      const event = readEvent(request.body);
      if (!event) {
        return response.status(400).json({ success: false, error: required });
      }
      await store(event);
      // The guide writes a line to the console here, for each request. Leaving it out favours the peer.
      response.json({ success: true, event_id: event.event_id });
    } catch (error) {
      console.error('Track error:', error);
      response.status(500).json({ success: false, error: error.message });
    }
  });

  const server = app.listen(port, '127.0.0.1', (error) => {
    if (error) {
      throw error;
    }
    console.log(`listening on ${port}`);
  });

  process.once('SIGTERM', () => {
    server.close(close);
    // A client that keeps sending on its connection would hold the end up for ever.
    setTimeout(() => server.closeAllConnections(), 1000).unref();
  });
}

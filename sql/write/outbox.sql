-- An item for the home. Answers id.
INSERT INTO outbox (received, item) VALUES (@received, @item) RETURNING id;

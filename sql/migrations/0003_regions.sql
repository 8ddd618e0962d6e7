-- Every database is known by an id, made once: an edge relays to one home alone, and knows it again by this.
INSERT INTO server_state (name, value) VALUES ('database_id', lower(hex(randomblob(16))));

-- What an edge has accepted and its home does not have yet, oldest first: a request as its client sent it, with the time of receipt and
-- the ids that the edge has made for it. AUTOINCREMENT, because an id that was given twice would be taken for acknowledged.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  received TEXT NOT NULL,
  item TEXT NOT NULL CHECK (json_valid(item))
) STRICT;

-- What the home has rejected, and why. It waits for the owner, who may send it again or delete it.
CREATE TABLE outbox_aside (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  received TEXT NOT NULL,
  item TEXT NOT NULL CHECK (json_valid(item)),
  put_aside TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;

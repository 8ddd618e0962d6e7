-- How many events name nobody themselves in these windows of browsers, and from when to when. A window is [glue_user_id, timestamp, event_id, timestamp,
-- event_id] in a JSON array: from a place, with it, to another, without it.
SELECT coalesce(sum(total - named), 0) AS count, min(first) AS first, max(last) AS last FROM (
  SELECT
    (SELECT count(*) FROM events e
     WHERE e.glue_user_id = w.user AND e.id <= @snapshot AND (e.timestamp, e.event_id) >= (w.start_time, w.start_id) AND (e.timestamp, e.event_id) < (w.end_time, w.end_id)) AS total,
    (SELECT count(*) FROM events e
     WHERE e.glue_user_id = w.user AND e.id <= @snapshot AND (e.timestamp, e.event_id) >= (w.start_time, w.start_id) AND (e.timestamp, e.event_id) < (w.end_time, w.end_id)
       AND e.name IS NOT NULL) AS named,
    (SELECT e.timestamp FROM events e
     WHERE e.glue_user_id = w.user AND e.id <= @snapshot AND (e.timestamp, e.event_id) >= (w.start_time, w.start_id) AND (e.timestamp, e.event_id) < (w.end_time, w.end_id)
       AND NOT EXISTS (
         SELECT 1 FROM events n WHERE n.glue_user_id = w.user AND n.timestamp = e.timestamp AND n.event_id = e.event_id AND n.name IS NOT NULL)
     ORDER BY e.timestamp, e.event_id LIMIT 1) AS first,
    (SELECT e.timestamp FROM events e
     WHERE e.glue_user_id = w.user AND e.id <= @snapshot AND (e.timestamp, e.event_id) >= (w.start_time, w.start_id) AND (e.timestamp, e.event_id) < (w.end_time, w.end_id)
       AND NOT EXISTS (
         SELECT 1 FROM events n WHERE n.glue_user_id = w.user AND n.timestamp = e.timestamp AND n.event_id = e.event_id AND n.name IS NOT NULL)
     ORDER BY e.timestamp DESC, e.event_id DESC LIMIT 1) AS last
  FROM (
    SELECT j.value ->> 0 AS user, j.value ->> 1 AS start_time, j.value ->> 2 AS start_id, j.value ->> 3 AS end_time, j.value ->> 4 AS end_id
    FROM json_each(@windows) j) w);

-- The first two hosts of pages in the chunks.
SELECT DISTINCT j.value AS host FROM report_chunks c, json_each(c.hosts) j WHERE c.log = 'events' LIMIT 2;

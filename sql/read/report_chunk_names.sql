-- Which browsers events of the chunks name somebody on.
SELECT names FROM report_chunks WHERE log = 'events' AND names IS NOT NULL;
